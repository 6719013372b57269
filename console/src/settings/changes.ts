// What somebody has changed in task settings, and nothing else. A key that stands in a document counts as chosen, and some
// defaults leave a choice to the engine (large objects travel whole as long as nobody chooses): they must not be sent along.
export type Document = Record<string, unknown>;

const isObject = (x: unknown): x is Document => typeof x === 'object' && x !== null && !Array.isArray(x);

// changes answers the part of a document that differs from how it was, or whose keys (Section.Key) were touched.
export function changes(before: string, after: string, touched: Iterable<string> = []): string {
  const [was, is] = [JSON.parse(before) as Document, JSON.parse(after) as Document];
  const chosen = new Set(touched);
  const part: Document = {};
  for (const [section, value] of Object.entries(is)) {
    const old = was[section];
    if (!isObject(value) || !isObject(old)) {
      if (JSON.stringify(value) !== JSON.stringify(old)) part[section] = value;
      continue;
    }
    const keys = Object.entries(value).filter(([key, v]) => chosen.has(`${section}.${key}`) || JSON.stringify(v) !== JSON.stringify(old[key]));
    if (keys.length) part[section] = Object.fromEntries(keys);
  }
  return JSON.stringify(part);
}
