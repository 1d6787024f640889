import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKnownScope, NEW_KEY_SCOPES, SCOPES, scopeAllows } from './scopes.ts';

test('a key without scopes reaches every endpoint but those that must be named', () => {
  for (const scope of SCOPES.default) assert.equal(scopeAllows(new Set(), scope), true, scope);
  for (const scope of SCOPES.mustBeNamed) assert.equal(scopeAllows(new Set(), scope), false, scope);
});

test('default in a list means the same as no list', () => {
  const scopes = new Set(['default', 'credit-grant']);
  for (const scope of SCOPES.default) assert.equal(scopeAllows(scopes, scope), true, scope);
  assert.equal(scopeAllows(scopes, 'credit-grant'), true);
  assert.equal(scopeAllows(scopes, 'credit-refund'), false);
});

test('a list without default allows what it names and nothing else', () => {
  const scopes = new Set(['credit-log']);
  assert.equal(scopeAllows(scopes, 'credit-log'), true);
  assert.equal(scopeAllows(scopes, 'credit-spend'), false);
  assert.equal(scopeAllows(scopes, 'credit-grant'), false);
});

test('what a new key gets is known, and an invented scope is not', () => {
  assert.ok(NEW_KEY_SCOPES.every(isKnownScope));
  assert.equal(isKnownScope('everything'), false);
});
