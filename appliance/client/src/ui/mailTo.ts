/** The link that begins a letter to an address. What could name another receiver or a subject is encoded (RFC 6068). */
export function mailTo(address: string): string {
  return `mailto:${encodeURIComponent(address).replaceAll("%40", "@")}`;
}
