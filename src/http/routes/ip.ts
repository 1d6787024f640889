import { Type } from 'typebox';
import { lookUpIp } from '../../operations/look-up-ip.ts';
import type { Services } from '../../operations/services.ts';
import { IpAnswer } from '../ip-schemas.ts';
import type { App } from '../route.ts';

const IpQuery = Type.Object({
  ip: Type.String({
    format: 'plain-ip-address',
    maxLength: 64,
    description: 'IPv4 or IPv6 address, as it is: here no word stands for another address.',
    examples: ['1.1.1.1'],
  }),
});

/** What is known of an address, for who asks; what is kept with entries is found out by a job. */
export function addIpLookup(app: App, services: Services): void {
  app.get(
    '/api/v1/ip/lookup',
    {
      config: {
        policy: { access: 'key', scope: 'ip/lookup', ledger: false },
        refusals: ['INTERNAL_VALIDATION_FAILED'],
      },
      schema: {
        tags: ['Addresses'],
        summary: 'Look up an IP address',
        description:
          'Where an address is and what kind of network it comes from. What is unknown is null. The key must name the scope `ip/lookup`.',
        querystring: IpQuery,
        response: { 200: IpAnswer },
      },
    },
    (request) => lookUpIp(services, request.query),
  );
}
