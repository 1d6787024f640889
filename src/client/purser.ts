import type { Credits, Spender } from './common-types.ts';
import { connect } from './connection.ts';
import { accountMethods } from './customer-account.ts';
import { creditMethods } from './customer-credit.ts';
import { insightMethods } from './customer-insight.ts';
import { type LookedUp, type LookUpRequest, lookUp } from './look-up.ts';
import { type CallOptions, checkOptions, type PurserOptions } from './options.ts';
import { ipMethods, sandboxMethods, serviceMethods, shopMethods } from './other-methods.ts';
import { type JobDone, type JobHold, type WithHoldOptions, withHold } from './with-hold.ts';

type CustomerMethods = ReturnType<typeof creditMethods> &
  ReturnType<typeof insightMethods> &
  ReturnType<typeof accountMethods>;

/**
 * A Purser server as an application uses it. Methods are named as the endpoints: `/api/v1/customer/credit-spend` is
 * `purser.customer.creditSpend`. One object serves a whole application.
 *
 * Each method throws `PurserRefusal` (no, and nothing has happened), `PurserUnreachable` (no answer, and nothing has
 * happened) or `PurserOutcomeUnknown` (it may have happened).
 */
export class Purser {
  readonly customer: CustomerMethods;
  readonly shop: ReturnType<typeof shopMethods>;
  readonly sandbox: ReturnType<typeof sandboxMethods>;
  readonly ip: ReturnType<typeof ipMethods>;
  /** Checks the key. */
  readonly ping: ReturnType<typeof serviceMethods>['ping'];

  constructor(options: PurserOptions) {
    const connection = connect(checkOptions(options));
    this.customer = {
      ...creditMethods(connection),
      ...insightMethods(connection),
      ...accountMethods(connection),
    };
    this.shop = shopMethods(connection);
    this.sandbox = sandboxMethods(connection);
    this.ip = ipMethods(connection);
    this.ping = serviceMethods(connection).ping;
  }

  /**
   * Sets `amount` aside, runs the job, captures what the job says it has used and gives back the rest. Where the job
   * throws, all is given back but what the job has captured itself.
   *
   * @throws PurserNotCaptured where the job is done, but not all that it has used could be taken; what other methods
   * throw where there is no hold, and then the job is not run; what the job throws.
   */
  withHold<Result>(
    customer: Spender,
    amount: Credits,
    job: (hold: JobHold) => Promise<JobDone<Result>>,
    options?: WithHoldOptions,
  ): Promise<Result> {
    return withHold(this.customer, customer, amount, job, options);
  }

  /**
   * Finds out whether a change of credit has happened. Where there is a key, repeating the same request with it is
   * surer: a request that was on its way when its connection was lost may still arrive after a "no".
   *
   * @throws TypeError where nothing names the change.
   */
  lookUp(request: LookUpRequest, options?: CallOptions): Promise<LookedUp> {
    return lookUp(this.customer, request, options);
  }
}
