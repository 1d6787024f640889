import { Type } from 'typebox';
import { MAX_GROUP_LENGTH, MOST_GROUPS, PROFILE_TEXTS } from '../operations/customer-profile.ts';
import { AccountInfo, CuRefNo, Instant, list, text } from './schemas.ts';

const ProfileText = (member: keyof typeof PROFILE_TEXTS, description: string, example: string) =>
  Type.Optional(text(PROFILE_TEXTS[member], description, example));

/** Names of groups that a customer belongs to. */
export const GroupNames = Type.Unsafe<readonly string[]>(
  Type.Array(text(MAX_GROUP_LENGTH, 'Name of a group.', 'Personal Trainer'), {
    maxItems: MOST_GROUPS,
    description: 'Names of the groups that the customer belongs to; they replace those before.',
    examples: [['Personal Trainer']],
  }),
);

/** What can be said of a customer. Absent or null: unchanged; an empty text: cleared. */
export const ProfileMembers = {
  name: ProfileText('name', 'Whole name.', 'Sample Customer'),
  firstName: ProfileText('firstName', 'First name.', 'Sample'),
  lastName: ProfileText('lastName', 'Last name.', 'Customer'),
  phone: Type.Optional(
    text(
      60,
      'Phone number, stored as `+420 777123456`. Without a country code that of `country` is meant.',
      '+420 777123456',
    ),
  ),
  companyName: ProfileText('companyName', 'Name of the company.', 'Corner Gym'),
  companyRegistrationNumber: ProfileText(
    'companyRegistrationNumber',
    'Number of the company in its register.',
    '12345678',
  ),
  taxIdentificationNumber: ProfileText('taxIdentificationNumber', 'VAT or tax number.', 'CZ12345678'),
  streetAddress: ProfileText('streetAddress', 'Street and number.', 'Main Street 1'),
  city: ProfileText('city', 'City.', 'Prague'),
  cityPart: ProfileText('cityPart', 'Part of the city.', 'Vinohrady'),
  stateRegion: ProfileText('stateRegion', 'State or region.', 'Prague'),
  postalCode: ProfileText('postalCode', 'Postal code.', '120 00'),
  country: Type.Optional(text(100, 'Country in two letters (ISO 3166-1).', 'CZ')),
  newsletter: Type.Optional(
    Type.Boolean({ description: 'Whether the customer wants the newsletter.', examples: [true] }),
  ),
  primaryLocale: Type.Optional(text(100, 'Language or locale (BCP 47).', 'cs')),
  groups: Type.Optional(GroupNames),
};

const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]));

/** A customer's profile in an answer, without what get-account-info tells as well. */
const MoreProfile = {
  name: MaybeText,
  companyRegistrationNumber: MaybeText,
  taxIdentificationNumber: MaybeText,
  streetAddress: MaybeText,
  city: MaybeText,
  cityPart: MaybeText,
  stateRegion: MaybeText,
  postalCode: MaybeText,
  country: MaybeText,
  newsletter: Type.Boolean(),
  primaryLocale: MaybeText,
};

const { loggedIn, identityId: _identityId, ...account } = AccountInfo.properties;

/** The answer of detail. */
export const CustomerDetail = Type.Object({ loggedIn, ...account, ...MoreProfile });

/** The answer of create. */
export const CreatedCustomer = Type.Object({
  success: Type.Literal(true),
  isNew: Type.Boolean({ description: 'Whether this request made the customer.' }),
  ...account,
  ...MoreProfile,
});

/** The public id of a session, which opens nothing. */
export const SessionId = Type.String({
  pattern: '^[A-Za-z0-9]{16}$',
  description: 'Id of a session in the list of sessions. Nobody can log in with it.',
  examples: ['q7Zt0bXw2LrVdN5s'],
});

const Session = {
  sessionId: SessionId,
  createdAt: Instant,
  createdFrom: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: 'Address of the customer at the login; once it is old, its network.',
      examples: ['1.1.1.1'],
    }),
  ),
  lastUsedAt: Type.String({ format: 'date-time', description: 'Noted once a day.' }),
  expiresAt: Instant,
};

/** Living sessions as the customer sees them. */
export const SessionList = Type.Object({
  items: list(
    Type.Object({
      ...Session,
      current: Type.Boolean({ description: 'Whether it is the session that asks.' }),
    }),
    'Last used first; at most 1,000.',
  ),
});

/** Living sessions as an operator sees them. */
export const ContactSessionList = Type.Object({
  items: list(Type.Object(Session), 'Last used first; at most 1,000.'),
});

/** How many sessions have ended. */
export const SessionsEnded = Type.Object({
  success: Type.Literal(true),
  ended: Type.Integer({ description: 'How many sessions have ended by this.', examples: [1] }),
});

/** A contact as lists of operators show it. */
export const Contact = Type.Object({
  id: CuRefNo,
  email: Type.String({ examples: ['customer@example.com'] }),
  phone: MaybeText,
  firstName: MaybeText,
  lastName: MaybeText,
  companyName: MaybeText,
  premium: Type.Boolean(),
  ban: Type.Boolean(),
  isRegistered: Type.Boolean({ description: 'Whether there is a password to log in with.' }),
  emailConfirmed: Type.Boolean(),
  groups: list(Type.Object({ name: Type.String(), slug: Type.String() })),
  managedBy: MaybeText,
  credit: Type.Number({ description: 'Balance, less debt.', examples: [510] }),
  held: Type.Number({ examples: [0] }),
  debt: Type.Number({ examples: [0] }),
  insertedDate: Instant,
});
