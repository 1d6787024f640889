/** Words in the names of operators whose networks are full of servers, not of people. */
const HOSTING =
  /\b(hosting|host|hosted|servers?|vps|vds|cloud|clouds|datacent(?:er|re)s?|data cent(?:er|re)s?|colo(?:cation)?|dedicated|amazon|aws|digitalocean|ovh|hetzner|linode|akamai connected|vultr|choopa|leaseweb|contabo|scaleway|google cloud|microsoft azure|oracle cloud|alibaba|tencent cloud|m247|datacamp|wedos|forpsi|active 24|ionos|gcore|upcloud|rackspace|softlayer|godaddy|hostinger|namecheap|cloudflare|fastly)\b/i;

/** @returns whether an operator's name sounds like one of servers. It is a guess and answered as one. */
export function soundsLikeHosting(operator: string): boolean {
  return HOSTING.test(operator);
}
