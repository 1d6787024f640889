import type { Instant } from './common-types.ts';

/** What is known of an address. What is unknown is null. */
export interface IpContext {
  /** In its one canonical form. */
  readonly ip: string;
  readonly version: 4 | 6;
  readonly kind: AddressKind;
  /** Whether it is reached from the whole Internet. */
  readonly isPublic: boolean;
  /** As the owner of the address names it; anybody may give any name. */
  readonly hostname: string | null;
  readonly country: { readonly code: string; readonly name: string } | null;
  readonly region: string | null;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly timezone: string | null;
  readonly asn: {
    readonly number: number;
    readonly name: string | null;
    readonly route: string | null;
  } | null;
  readonly flags: {
    readonly proxy: boolean | null;
    /** `likely` is a guess from the name of the network's operator. */
    readonly hosting: boolean | 'likely' | null;
    readonly tor: boolean | null;
    readonly mobile: boolean | null;
    readonly anycast: boolean | null;
    readonly private: boolean;
  };
  /** Where the parts come from. */
  readonly sources: readonly {
    readonly part: 'country' | 'city' | 'asn' | 'anonymity' | 'proxy' | 'tor' | 'hostname';
    readonly name: string;
    readonly date: string | null;
  }[];
  readonly resolvedAt: Instant;
}

/** What an address is for. */
export type AddressKind =
  | 'public'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'cgnat'
  | 'documentation'
  | 'benchmarking'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'reserved'
  | '6to4'
  | 'nat64'
  | 'teredo'
  | 'v4-mapped';

/** The answer of ip/lookup. */
export interface IpAnswer extends IpContext {
  readonly success: true;
}
