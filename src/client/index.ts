/** The client that applications use: no dependencies, for servers, Node 20.20 or later. */
export type * from './common-types.ts';
export type * from './credit-types.ts';
export type * from './customer-types.ts';
export {
  type FailureReason,
  type NamedCustomer,
  PurserOutcomeUnknown,
  PurserUnreachable,
} from './failures.ts';
export type * from './insight-types.ts';
export type * from './ip-types.ts';
export type { LookedUp, LookUpRequest } from './look-up.ts';
export type { BatchOptions, CallOptions, ChangeOptions, PurserOptions } from './options.ts';
export type { ClockRequest, MovedClock } from './other-methods.ts';
export { Purser } from './purser.ts';
export {
  type Fault,
  PurserRefusal,
  type RefusalBody,
  type RefusalCode,
  type RefusalError,
  type RefusalMembers,
} from './refusals.ts';
export type * from './shop-types.ts';
export { type JobDone, type JobHold, PurserNotCaptured, type WithHoldOptions } from './with-hold.ts';
