// Makes a sender of an SDK's client and the commands that the console uses of it. Naming each command lets the builder leave the
// others out.
import type { Input, Sender } from './call';

interface Client {
  send(command: never): Promise<unknown>;
}

// eslint-disable-next-line
type Commands = Record<string, new (input: any) => unknown>;

export function from(client: Client, commands: Commands): Sender {
  return {
    send(operation: string, input: Input) {
      const Command = commands[operation + 'Command'];
      if (!Command) return Promise.reject(new Error(`the console knows no operation ${operation}`));
      return client.send(new Command(input) as never);
    },
  };
}
