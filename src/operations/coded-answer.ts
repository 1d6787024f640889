/** Published: what can go wrong with a person's account is answered with 200, a code and its text. */
export interface CodedFailure<Code extends string> {
  readonly success: false;
  readonly errorCode: Code;
  readonly message: string;
}

/** What login and magic-auth say. */
export const LOGIN_FAILURES = {
  E001: 'Customer login failed.',
  E002: 'Customer e-mail does not exist.',
  E003: 'Customer have not a registered account.',
  E004: 'Wrong e-mail or password.',
  E005: 'Customer account has been banned.',
  E006: 'Too many login attempts.',
  E007: 'Customer mail has not been authorized.',
} as const;

/** What register-account says. */
export const REGISTER_FAILURES = {
  E001: 'Customer register failed.',
  E002: 'Customer has been registered.',
  E003: 'Customer account has been banned.',
  E004: 'Too many registration attempts.',
} as const;

/** What set-new-password says. */
export const NEW_PASSWORD_FAILURES = {
  E001: 'Change password failed.',
  E002: 'You have entered a previously used password. For security reasons, please enter a new and unique password.',
  E003: 'Reset password request does not exist.',
  E004: 'Reset password request has been expired.',
} as const;

/** @returns the answer of this code, with the text of its list. */
export function failed<Code extends string>(
  texts: Readonly<Record<Code, string>>,
  errorCode: Code,
): CodedFailure<Code> {
  return { success: false, errorCode, message: texts[errorCode] };
}
