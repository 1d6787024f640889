import type { AddressKind } from './address.ts';

/** What is known of an address. Unknown parts are null, never guessed but where it says so. */
export interface IpContext {
  /** In its one canonical form. */
  readonly ip: string;
  readonly version: 4 | 6;
  readonly kind: AddressKind;
  readonly isPublic: boolean;
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
  readonly sources: readonly IpSource[];
  /** ISO 8601, UTC. */
  readonly resolvedAt: string;
}

/** Where a part of it comes from. */
export interface IpSource {
  readonly part: 'country' | 'city' | 'asn' | 'anonymity' | 'proxy' | 'tor' | 'hostname';
  readonly name: string;
  /** The day on which the data were made. */
  readonly date: string | null;
}
