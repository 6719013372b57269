// EC2 in its Query protocol. The SDK's client is half a megabyte that cannot be shaken off, for the handful of operations that
// networks need here; the signature is the SDK's. Answers have the names of the wire: vpcSet, vpcId.
import type { Input, Sender, Settings } from './call';
import { poster } from './signed';

const version = '2016-11-15';

export function make(s: Settings): Sender {
  const post = poster(s, 'ec2');
  return {
    async send(operation: string, input: Input) {
      const form = new URLSearchParams({ Action: operation, Version: version });
      for (const [name, value] of Object.entries(input)) put(form, name, value);
      const answer = await post({ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, form.toString());
      const root = new DOMParser().parseFromString(answer.text, 'application/xml').documentElement;
      if (answer.ok) return take(root);
      const text = (tag: string) => root.getElementsByTagName(tag)[0]?.textContent ?? '';
      throw { name: text('Code') || `HTTP ${answer.status}`, message: text('Message'), $metadata: { httpStatusCode: answer.status } };
    },
  };
}

// put spells a value as EC2 wants it: lists are numbered from 1, under the member's name in the singular.
function put(form: URLSearchParams, name: string, value: unknown) {
  if (value === undefined || value === null || value === '') return;
  if (Array.isArray(value)) value.forEach((v, i) => put(form, `${name.replace(/s$/, '')}.${i + 1}`, v));
  else if (typeof value === 'object') for (const [k, v] of Object.entries(value)) put(form, `${name}.${k}`, v);
  else form.set(name, String(value));
}

type Tree = string | Tree[] | { [name: string]: Tree };

function take(e: Element): Tree {
  const children = [...e.children];
  if (!children.length) return e.textContent ?? '';
  if (children.every((c) => c.tagName === 'item')) return children.map(take);
  return Object.fromEntries(children.map((c) => [c.tagName, take(c)]));
}
