import { Type } from 'typebox';
import { createAndTellCustomer } from '../../operations/create-customer.ts';
import { customerDetail } from '../../operations/customer-detail.ts';
import type { Services } from '../../operations/services.ts';
import { updateProfile } from '../../operations/update-profile.ts';
import { callerOf } from '../authenticate.ts';
import { CreatedCustomer, CustomerDetail, ProfileMembers } from '../customer-schemas.ts';
import type { App } from '../route.ts';
import { CuRefNo, CustomerRealIp, Email, IdentityId, Success } from '../schemas.ts';

const TAGS = ['Customer'];

/** Who customers are. */
export function addCustomerProfile(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/create',
    {
      config: { policy: { access: 'key', scope: 'create', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Create a customer',
        description:
          'Creates the customer of an e-mail address, or returns the one that is there, unchanged. Nobody is logged in and no mail is sent.',
        body: Type.Object({
          email: Email,
          companyName: ProfileMembers.companyName,
          companyRegistrationNumber: ProfileMembers.companyRegistrationNumber,
          taxIdentificationNumber: ProfileMembers.taxIdentificationNumber,
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: CreatedCustomer },
      },
    },
    (request) => createAndTellCustomer(services, callerOf(request), request.body),
  );

  app.post(
    '/api/v1/customer/update-profile',
    {
      config: { policy: { access: 'key', scope: 'update-profile', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Update a profile',
        description:
          'Changes the members that are there; `email` chooses the customer. An empty text clears a member, an absent one or null leaves it.',
        body: Type.Object({
          email: Email,
          ...ProfileMembers,
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: Success },
      },
    },
    (request) => updateProfile(services, callerOf(request), request.body),
  );

  app.get(
    '/api/v1/customer/detail',
    {
      config: {
        policy: { access: 'key', scope: 'detail', ledger: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED', 'PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Show a customer to itself or to whoever manages it',
        description:
          'The logged-in customer sees its own detail and that of customers it manages, which an operator decides.',
        querystring: Type.Object({
          identityId: Type.String({ ...IdentityId, description: 'Identity of the customer who asks.' }),
          cuRefNo: Type.String({ ...CuRefNo, description: 'Who is asked about.' }),
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: CustomerDetail },
      },
    },
    (request) => customerDetail(services, callerOf(request), request.query),
  );
}
