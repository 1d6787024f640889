import type { Credits, Failed, FromAddress, Instant } from './common-types.ts';

/** Members of a profile. Absent is unchanged, `""` is cleared. */
export interface Profile {
  readonly name?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  /** Kept as `+420 777123456`; without a country code that of `country` is taken. */
  readonly phone?: string | undefined;
  readonly companyName?: string | undefined;
  readonly companyRegistrationNumber?: string | undefined;
  readonly taxIdentificationNumber?: string | undefined;
  readonly streetAddress?: string | undefined;
  readonly city?: string | undefined;
  readonly cityPart?: string | undefined;
  readonly stateRegion?: string | undefined;
  readonly postalCode?: string | undefined;
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined;
  readonly newsletter?: boolean | undefined;
  /** BCP 47, such as `cs-CZ`. */
  readonly primaryLocale?: string | undefined;
  /** Names of groups. */
  readonly groups?: readonly string[] | undefined;
}

/** A session was opened; the identityId belongs into the shop's own cookie. */
export interface LoggedIn {
  readonly success: true;
  readonly identityId: string;
}

/** Why nobody was logged in: E002 unknown address, E003 no password, E004 wrong, E005 banned, E006 too often, E007 not confirmed. */
export type LoginFailed = Failed<'E001' | 'E002' | 'E003' | 'E004' | 'E005' | 'E006' | 'E007'>;

/** Who logs in with a password. */
export interface LoginRequest extends FromAddress {
  readonly email: string;
  readonly password: string;
}

/** Whom your backend has authenticated itself. */
export interface MagicAuthRequest extends FromAddress {
  readonly email: string;
  /** Of a new customer. */
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  /** cuRefNo of the customer who brought a new one. */
  readonly referralId?: string | undefined;
}

/** A session. */
export interface IdentityRequest extends FromAddress {
  readonly identityId: string;
}

/** Who registers. The password counts once the link of the mail was used. */
export interface RegisterRequest extends Profile, FromAddress {
  readonly email: string;
  /** 8 characters to 1,024 bytes. */
  readonly password: string;
  readonly referralId?: string | undefined;
  /** Where the mail's link leads in the end; its origin must be one of the organisation's. */
  readonly returnUrl?: string | undefined;
}

/** Why nobody was registered: E002 is a customer already, E003 banned, E004 too often. */
export type RegisterFailed = Failed<'E001' | 'E002' | 'E003' | 'E004'>;

/** Whose address was confirmed. */
export interface Verified {
  readonly success: true;
  readonly email: string;
  readonly returnUrl?: string;
}

/** Who has forgotten a password. */
export interface ResetRequest extends FromAddress {
  readonly email: string;
  /** How long the link lives, such as `3h 20m`; 3 hours unless given. */
  readonly expirationTime?: string | undefined;
}

/** What a password shall be. */
export interface NewPasswordRequest extends FromAddress {
  /** Of the reset's link, 32 characters. */
  readonly token: string;
  readonly password: string;
}

/** Why the password stays: E002 was used before, E003 unknown token, E004 expired token. */
export type NewPasswordFailed = Failed<'E001' | 'E002' | 'E003' | 'E004'>;

/** A group that a customer is in. */
export interface Group {
  readonly name: string;
  readonly slug: string;
}

/** What is known of every customer. */
export interface CustomerState {
  readonly cuRefNo: string;
  /** Less debt. */
  readonly creditBalance: Credits;
  /** What open holds reserve. */
  readonly held: Credits;
  /** What can be spent. */
  readonly available: Credits;
  readonly email: string;
  readonly phone?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly companyName?: string | null;
  readonly premium: boolean;
  readonly ban: boolean;
  readonly groups: readonly Group[];
  readonly meta: Readonly<Record<string, unknown>>;
  readonly referral?: {
    readonly code: string;
    readonly email: string;
    readonly firstName?: string | null;
    readonly lastName?: string | null;
  } | null;
  readonly runningSubscriptionList: readonly unknown[];
}

/** Who is logged in. */
export interface AccountInfo extends CustomerState {
  readonly loggedIn: true;
  readonly identityId: string;
}

/** Nobody is. */
export interface NotLoggedIn {
  readonly loggedIn: false;
}

/** A profile as it is kept; null where nothing is known. */
export interface KeptProfile {
  readonly name?: string | null;
  readonly companyRegistrationNumber?: string | null;
  readonly taxIdentificationNumber?: string | null;
  readonly streetAddress?: string | null;
  readonly city?: string | null;
  readonly cityPart?: string | null;
  readonly stateRegion?: string | null;
  readonly postalCode?: string | null;
  readonly country?: string | null;
  readonly newsletter: boolean;
  readonly primaryLocale?: string | null;
}

/** All that is known of a customer. */
export interface CustomerDetail extends CustomerState, KeptProfile {
  readonly loggedIn: true;
}

/** Who asks about whom: oneself, or a customer that one manages. */
export interface DetailRequest extends FromAddress {
  readonly identityId: string;
  readonly cuRefNo: string;
}

/** Whom to create. */
export interface CreateRequest extends FromAddress {
  readonly email: string;
  readonly companyName?: string | undefined;
  readonly companyRegistrationNumber?: string | undefined;
  readonly taxIdentificationNumber?: string | undefined;
}

/** The customer of that address. */
export interface Created extends CustomerState, KeptProfile {
  readonly success: true;
  /** Whether this call has made it. */
  readonly isNew: boolean;
}

/** Whose profile is changed, chosen by the address, and how. */
export interface UpdateProfileRequest extends Profile, FromAddress {
  readonly email: string;
}

/** One place where a customer is logged in. */
export interface Session {
  /** Names the session to end it; it opens nothing. */
  readonly sessionId: string;
  readonly createdAt: Instant;
  /** Address of the customer at that time. */
  readonly createdFrom?: string | null;
  readonly lastUsedAt: Instant;
  readonly expiresAt: Instant;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

/** Where a customer is logged in. */
export interface SessionList {
  readonly items: readonly Session[];
}

/** They have ended. */
export interface SessionsEnded {
  readonly success: true;
  /** How many. */
  readonly ended: number;
}

/** Which sessions end: one, or all. */
export type EndSessionRequest = { readonly identityId: string } & (
  | { readonly sessionId: string; readonly all?: never; readonly exceptCurrent?: never }
  | {
      readonly all: true;
      readonly sessionId?: never;
      /** Whether the one that asks stays. */
      readonly exceptCurrent?: boolean | undefined;
    }
);
