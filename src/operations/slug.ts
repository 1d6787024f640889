import { hash } from 'node:crypto';

/**
 * @param maxLength characters.
 * @returns the name in lower-case ASCII letters, digits and hyphens; empty where none are left.
 */
export function toSlug(name: string, maxLength: number): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, maxLength)
    .replace(/-+$/, '');
}

const MAX_GROUP_SLUG = 100;

/** @returns the slug of a group's name; names in other scripts get one that only they have. */
export function groupSlugOf(name: string): string {
  return toSlug(name, MAX_GROUP_SLUG) || `group-${hash('sha256', name, 'hex').slice(0, 12)}`;
}
