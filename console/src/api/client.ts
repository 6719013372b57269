// Makes a sender of what the console uses of an SDK's client. Each service's file names its commands, one by one, so that the
// builder leaves the others out.
import type { Input, Maker } from './call';

/* eslint-disable @typescript-eslint/no-explicit-any */
export interface SDK {
  Client: new (settings: any) => { send(command: any): Promise<unknown> };
}

export function of(sdk: SDK): Maker {
  const commands = sdk as unknown as Record<string, new (input: Input) => unknown>;
  return (settings) => {
    const client = new sdk.Client(settings);
    return {
      send(operation, input) {
        const Command = commands[operation + 'Command'];
        if (!Command) return Promise.reject(new Error(`the console knows no operation ${operation}`));
        return client.send(new Command(input));
      },
    };
  };
}
