/**
 * Services that clouds answer on the machine itself, in plain HTTP, since there is no network between: no other address is asked without TLS.
 * Numbers are those of EC2, of the EKS and ECS agents, and of Google, which also has a name.
 */
const hosts: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
  'metadata.google.internal',
]);

export function isMetadataHost({ hostname }: URL): boolean {
  return hosts.has(hostname);
}
