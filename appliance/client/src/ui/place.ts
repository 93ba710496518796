/** Where somebody works, on one line: the post, and the unit unless the post names it already. Pure. */
export function placeText(post: string | null | undefined, unit: string | null | undefined): string {
  if (!post) return unit ?? "";
  if (!unit || post.includes(unit)) return post;
  return `${post} · ${unit}`;
}
