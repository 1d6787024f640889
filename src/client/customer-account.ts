import type { Success } from './common-types.ts';
import type { Connection } from './connection.ts';
import type {
  AccountInfo,
  Created,
  CreateRequest,
  CustomerDetail,
  DetailRequest,
  EndSessionRequest,
  IdentityRequest,
  LoggedIn,
  LoginFailed,
  LoginRequest,
  MagicAuthRequest,
  NewPasswordFailed,
  NewPasswordRequest,
  NotLoggedIn,
  RegisterFailed,
  RegisterRequest,
  ResetRequest,
  SessionList,
  SessionsEnded,
  UpdateProfileRequest,
  Verified,
} from './customer-types.ts';
import type { CallOptions } from './options.ts';

/**
 * Accounts and sessions of customers. What these answer with `success: false` is documented and not thrown. They have
 * no Idempotency-Key, so that one with an unknown outcome is not repeated by the client.
 */
export function accountMethods({ read, post }: Connection) {
  return {
    /** Logs a customer in with a password. */
    login: (request: LoginRequest, options?: CallOptions) =>
      post<LoggedIn | LoginFailed>('customer/login', request, options),

    /** Logs in whom your backend has authenticated itself; a new address makes a new customer. */
    magicAuth: (request: MagicAuthRequest, options?: CallOptions) =>
      post<LoggedIn | LoginFailed>('customer/magic-auth', request, options),

    /** Ends the session at once; an unknown one is no error. */
    logout: (request: IdentityRequest, options?: CallOptions) =>
      post<Success>('customer/logout', request, options),

    /** Registers a customer with a password and sends the mail that confirms it. */
    registerAccount: (request: RegisterRequest, options?: CallOptions) =>
      post<Success | RegisterFailed>('customer/register-account', request, options),

    /** Confirms a registration with the token of its mail. */
    registerAccountVerify: (request: { readonly token: string }, options?: CallOptions) =>
      post<Verified>('customer/register-account-verify', request, options),

    /** Sends a link to set a new password; the answer is the same whether or not the address is known. */
    resetPassword: (request: ResetRequest, options?: CallOptions) =>
      post<Success>('customer/reset-password', request, options),

    /** Sets a new password with the token of that link. */
    setNewPassword: (request: NewPasswordRequest, options?: CallOptions) =>
      post<Success | NewPasswordFailed>('customer/set-new-password', request, options),

    /** Tells who is logged in. An ended session is nobody. */
    getAccountInfo: (request: IdentityRequest, options?: CallOptions) =>
      read<AccountInfo | NotLoggedIn>('customer/get-account-info', request, options),

    /** Tells of oneself, or of a customer that one manages. */
    detail: (request: DetailRequest, options?: CallOptions) =>
      read<CustomerDetail>('customer/detail', request, options),

    /** Creates a customer, or returns the one that is there. */
    create: (request: CreateRequest, options?: CallOptions) =>
      post<Created>('customer/create', request, options),

    /** Changes the profile of the customer with this address. */
    updateProfile: (request: UpdateProfileRequest, options?: CallOptions) =>
      post<Success>('customer/update-profile', request, options),

    session: {
      /** Where the customer is logged in. */
      list: (request: { readonly identityId: string }, options?: CallOptions) =>
        read<SessionList>('customer/session/list', request, options),

      /** Ends one session of the customer, or all. */
      end: (request: EndSessionRequest, options?: CallOptions) =>
        post<SessionsEnded>('customer/session/end', request, options),
    },
  };
}
