/** Files that people drop on the page or paste into it where no room takes them (localFiles.ts: `takeFiles`): caught before the browser does something of its own with them. */

/** Calls back for each drop or paste of files that nobody has taken; the function it returns stops that. Text pasted with a picture is text. */
export function onFilesOffered(tell: () => void): () => void {
  const catchDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const isTaken = event.defaultPrevented;
    event.preventDefault();
    if (event.type === "drop" && !isTaken) tell();
  };
  const catchPaste = ({ clipboardData, defaultPrevented }: ClipboardEvent): void => {
    if (defaultPrevented) return;
    const types = clipboardData?.types ?? [];
    if (types.includes("Files") && !types.includes("text/plain")) tell();
  };
  window.addEventListener("dragover", catchDrag);
  window.addEventListener("drop", catchDrag);
  window.addEventListener("paste", catchPaste);
  return () => {
    window.removeEventListener("dragover", catchDrag);
    window.removeEventListener("drop", catchDrag);
    window.removeEventListener("paste", catchPaste);
  };
}
