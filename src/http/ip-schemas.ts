import { type TSchema, Type } from 'typebox';
import type { IpContext } from '../ip/context.ts';
import { Instant, list } from './schemas.ts';

/** What is known of an address, each part with the words of the reference. */

function orNull<Inner extends TSchema>(schema: Inner) {
  return Type.Union([schema, Type.Null()]);
}

const part = (description: string, example: string) =>
  orNull(Type.String({ description, examples: [example] }));
const coordinate = (description: string, example: number) =>
  orNull(Type.Number({ description, examples: [example] }));
const flag = (description: string) => Type.Union([Type.Boolean(), Type.Null()], { description });

const Country = Type.Object({
  code: Type.String({ description: 'ISO 3166-1, two letters.', examples: ['CZ'] }),
  name: Type.String({ examples: ['Czechia'] }),
});

const Asn = Type.Object({
  number: Type.Integer({ description: 'Autonomous system.', examples: [13335] }),
  name: part('Its operator.', 'Cloudflare, Inc.'),
  route: part('The announced network, where it is known to be exactly one.', '1.1.1.0/24'),
});

const Flags = Type.Object(
  {
    proxy: flag('Whether a list that this installation was given says so.'),
    hosting: Type.Union([Type.Boolean(), Type.Literal('likely'), Type.Null()], {
      description: '`likely` is a guess from the name of the operator.',
    }),
    tor: flag('Whether a list that this installation was given says so.'),
    mobile: flag('Only from commercial databases.'),
    anycast: flag('Only from commercial databases.'),
    private: Type.Boolean({ description: 'Means something only inside a network, such as 10.0.0.1.' }),
  },
  { description: 'null is unknown.' },
);

const Source = Type.Object({
  part: Type.Unsafe<IpContext['sources'][number]['part']>(
    Type.String({ description: 'What comes from there.', examples: ['country'] }),
  ),
  name: Type.String({ examples: ['@ip-location-db/geo-whois-asn-country-mmdb'] }),
  date: orNull(Type.String({ description: 'When the data were made.', examples: ['2026-06-17'] })),
});

export const IpContextMembers = {
  ip: Type.String({ description: 'The address in its one canonical form.', examples: ['1.1.1.1'] }),
  version: Type.Unsafe<4 | 6>(Type.Integer({ description: '4 or 6.', examples: [4] })),
  kind: Type.Unsafe<IpContext['kind']>(
    Type.String({
      description:
        'public, private, loopback, link-local, cgnat, documentation, benchmarking, multicast, broadcast, unspecified, reserved, 6to4, nat64, teredo or v4-mapped.',
      examples: ['public'],
    }),
  ),
  isPublic: Type.Boolean({ description: 'Whether it is reached from the whole Internet.' }),
  hostname: part('As the owner of the address names it; anybody may give any name.', 'one.one.one.one'),
  country: orNull(Country),
  region: part('Only with a database of places.', 'Prague'),
  city: part('Only with a database of places.', 'Prague'),
  latitude: coordinate('Only with a database of places.', 50.08),
  longitude: coordinate('Only with a database of places.', 14.42),
  timezone: part('Only with a database of places.', 'Europe/Prague'),
  asn: orNull(Asn),
  flags: Flags,
  sources: list(Source, 'Where the parts come from.'),
  resolvedAt: Instant,
};

export const IpAnswer = Type.Object({ success: Type.Literal(true), ...IpContextMembers });

/** The address of an entry, as it is shown later. */
export const CustomerRealIpKept = Type.Optional(
  Type.String({
    description: 'Address of the customer; a network once it is older than the installation keeps addresses.',
    examples: ['1.1.1.1'],
  }),
);

export const IpContextKept = Type.Optional(
  Type.Object(IpContextMembers, {
    description: 'What was known of the address on that day; absent until it has been looked up.',
  }),
);
