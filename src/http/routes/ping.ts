import type { App } from '../route.ts';
import { Success } from '../schemas.ts';

/** Checks a key and nothing else. */
export function addPing(app: App): void {
  app.get(
    '/api/v1/ping',
    {
      config: { policy: { access: 'key', scope: 'ping', ledger: false } },
      schema: {
        tags: ['Service'],
        summary: 'Check an API key',
        description: 'Answers when the key is accepted.',
        response: { 200: Success },
      },
    },
    () => ({ success: true as const }),
  );
}
