/** Has the browser ask before the page is closed or loaded anew; the function it returns ends that. */
export function askBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
    // COMPAT: Chrome before 119 asks only for this.
    Reflect.set(event, "returnValue", true);
  };
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
