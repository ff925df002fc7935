/**
 * The text below a second-level heading of a Markdown page, up to the next one: what the docs say once
 * is shown here, and not told again.
 *
 * @throws Error if the page has no such heading (any more)
 */
export function sectionOf(page: string, heading: string): string {
  const [, after] = page.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`There is no section “${heading}”.`);
  const [section = ''] = after.split('\n## ');
  return section.trim();
}
