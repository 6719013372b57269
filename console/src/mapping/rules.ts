// A table mapping as the form edits it: the document's own rules, so that whatever the form does not know stays as it is.
export interface Rule {
  'rule-type': string;
  'rule-id': string | number;
  'rule-name': string;
  'rule-action'?: string;
  'rule-target'?: string;
  'object-locator': { 'schema-name'?: string; 'table-name'?: string; 'column-name'?: string; [more: string]: unknown };
  value?: string;
  [more: string]: unknown;
}

// read takes a document apart, or says what is wrong with it. What the rules mean is for the server to judge.
export function read(document: string): { rules: Rule[]; wrong?: string } {
  try {
    const d = JSON.parse(document);
    if (!Array.isArray(d?.rules)) return { rules: [], wrong: 'The document has no list "rules".' };
    return { rules: d.rules };
  } catch (error) {
    return { rules: [], wrong: (error as Error).message };
  }
}

export const write = (rules: Rule[]) => JSON.stringify({ rules }, null, 2);

// exact spells a name so that it means itself alone: %, _ and [ have a meaning in names of rules.
export const exact = (name: string) => name.replace(/[%_[]/g, '[$&]');

function next(rules: Rule[]): string {
  return String(Math.max(0, ...rules.map((r) => Number(r['rule-id']) || 0)) + 1);
}

export function selection(rules: Rule[], action: string, schema: string, table: string): Rule[] {
  const id = next(rules);
  return [...rules, { 'rule-type': 'selection', 'rule-id': id, 'rule-name': id, 'object-locator': { 'schema-name': schema, 'table-name': table }, 'rule-action': action }];
}

export function transformation(rules: Rule[], schema: string): Rule[] {
  const id = next(rules);
  return [...rules, { 'rule-type': 'transformation', 'rule-id': id, 'rule-name': id, 'rule-target': 'schema', 'object-locator': { 'schema-name': schema }, 'rule-action': 'rename', value: schema }];
}

export const ofSchemas = (schemas: string[]) => schemas.reduce<Rule[]>((rules, s) => selection(rules, 'include', exact(s), '%'), []);

const about = (r: Rule, action: string, schema: string, table: string) =>
  r['rule-type'] === 'selection' && r['rule-action'] === action && r['object-locator']['schema-name'] === exact(schema) && r['object-locator']['table-name'] === exact(table);

// leaveOut takes one table out of the selection.
export function leaveOut(rules: Rule[], schema: string, table: string): Rule[] {
  const less = rules.filter((r) => !about(r, 'include', schema, table));
  return selection(less.length ? less : rules, 'exclude', exact(schema), exact(table));
}

// takeIn lets one table move: by taking back that it was left out, and by naming it if no other rule does.
export function takeIn(rules: Rule[], schema: string, table: string): Rule[] {
  const without = rules.filter((r) => !about(r, 'exclude', schema, table));
  if (without.length < rules.length) return without;
  return selection(rules, 'include', exact(schema), exact(table));
}
