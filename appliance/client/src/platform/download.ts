/** What leaves the page on purpose: a file to save, a sheet of paper. */

/** Hands a text to the browser as a file to save. */
export function downloadText(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Takes a file off the system as pressing a link to it does. */
export function downloadFrom(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** Prints the part of the page that the styles show under this name, and nothing else. */
export function printPart(name: string): void {
  document.documentElement.dataset["print"] = name;
  window.print();
  delete document.documentElement.dataset["print"];
}
