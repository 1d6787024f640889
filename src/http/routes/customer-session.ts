import { Type } from 'typebox';
import { getAccountInfo } from '../../operations/get-account-info.ts';
import { logOut } from '../../operations/log-out.ts';
import { magicAuth } from '../../operations/magic-auth.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import { normaliseCustomerIp } from '../customer-ip.ts';
import type { App } from '../route.ts';
import {
  AccountInfo,
  CuRefNo,
  CustomerRealIp,
  Email,
  IdentityId,
  LoggedIn,
  LoginFailed,
  NotLoggedIn,
  Success,
  text,
} from '../schemas.ts';

const TAGS = ['Session'];

/** Customers are logged in, looked at and logged out here. */
export function addCustomerSession(app: App, services: Services): void {
  app.get(
    '/api/v1/customer/get-account-info',
    {
      config: { policy: { access: 'key', scope: 'get-account-info', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Tell who is logged in',
        description: 'An identity that names no living session is nobody: `{"loggedIn":false}`.',
        querystring: Type.Object({ identityId: IdentityId, customerRealIp: Type.Optional(CustomerRealIp) }),
        response: { 200: Type.Union([AccountInfo, NotLoggedIn]) },
      },
    },
    (request) => getAccountInfo(services, callerOf(request), request.query),
  );

  app.post(
    '/api/v1/customer/magic-auth',
    {
      config: { policy: { access: 'key', scope: 'magic-auth', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Log a customer in without a password',
        description:
          'For a backend that has authenticated the person itself. A new customer is created. A ban is answered with 200 and `errorCode` E005.',
        body: Type.Object({
          email: Email,
          firstName: Type.Optional(text(200, 'First name of a new customer.')),
          lastName: Type.Optional(text(200, 'Last name of a new customer.')),
          customerRealIp: Type.Optional(CustomerRealIp),
          referralId: Type.Optional(CuRefNo),
        }),
        response: { 200: Type.Union([LoggedIn, LoginFailed]) },
      },
    },
    (request) => {
      const { customerRealIp } = request.body;
      const ip = customerRealIp === undefined ? undefined : normaliseCustomerIp(customerRealIp);
      return magicAuth(services, callerOf(request), { ...request.body, customerRealIp: ip });
    },
  );

  app.post(
    '/api/v1/customer/logout',
    {
      config: { policy: { access: 'key', scope: 'logout', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Log a customer out',
        description: 'Ends the session at once, on every process. An unknown identity is no error.',
        body: Type.Object({ identityId: IdentityId, customerRealIp: Type.Optional(CustomerRealIp) }),
        response: { 200: Success },
      },
    },
    (request) => logOut(services, callerOf(request), request.body),
  );
}
