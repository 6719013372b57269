// Our own service has no client in the SDK; it speaks as DMS does.
import type { Input, Sender, Settings } from './call';
import { poster } from './signed';

export function make(s: Settings): Sender {
  const post = poster(s, 'whimbrel');
  return {
    async send(operation: string, input: Input) {
      const answer = await post({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Whimbrel_20261101.${operation}` }, JSON.stringify(input));
      if (answer.ok) return answer.text ? JSON.parse(answer.text) : {};
      throw fault(answer.status, answer.text);
    },
  };
}

function fault(status: number, text: string) {
  let said: { __type?: string; message?: string; Message?: string } = {};
  try {
    said = JSON.parse(text);
  } catch {
    said = { message: text.slice(0, 200) };
  }
  const name = (said.__type ?? `HTTP ${status}`).split('#').pop() as string;
  return { name, message: said.message ?? said.Message ?? name, $metadata: { httpStatusCode: status } };
}
