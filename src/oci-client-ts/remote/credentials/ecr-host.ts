/** What the name of a registry says: where to ask for its credential. */
export interface EcrPlace {
  readonly region: string;
  /** As signatures name it. */
  readonly service: 'ecr' | 'ecr-public';
  readonly target: string;
  readonly api: string;
  readonly sts: string;
}

/** Ends of names in the partitions of AWS. */
const domains = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'sc2s.sgov.gov',
  'c2s.ic.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
];

const domain = domains.map((each) => each.replaceAll('.', '\\.')).join('|');
const region = '([a-z]{2,4}(?:-[a-z]{2,10}){1,3}-[0-9]{1,2})';
const classic = new RegExp(`^[0-9]{12}\\.dkr\\.ecr(-fips)?\\.${region}\\.(${domain})$`);
const dualStack = new RegExp(`^[0-9]{12}\\.dkr-ecr(-fips)?\\.${region}\\.on\\.aws$`);

const privateTarget = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
const publicTarget = 'SpencerFrontendService.GetAuthorizationToken';

/** Reads the host name of a registry of AWS, the whole of it; nothing for any other host. */
export function ecrPlace(host: string): EcrPlace | undefined {
  if (host === 'public.ecr.aws') return publicPlace;
  const found = classic.exec(host);
  if (found !== null) return classicPlace(found[2] ?? '', found[3] ?? '', found[1] !== undefined);
  const dual = dualStack.exec(host);
  return dual === null ? undefined : classicPlace(dual[2] ?? '', 'amazonaws.com', dual[1] !== undefined);
}

function classicPlace(name: string, end: string, fips: boolean): EcrPlace {
  return {
    region: name,
    service: 'ecr',
    target: privateTarget,
    api: `https://${fips ? 'ecr-fips' : 'api.ecr'}.${name}.${end}/`,
    sts: `https://sts.${name}.${end}/`,
  };
}

/** The public registry has its API in one region only. */
const publicPlace: EcrPlace = {
  region: 'us-east-1',
  service: 'ecr-public',
  target: publicTarget,
  api: 'https://api.ecr-public.us-east-1.amazonaws.com/',
  sts: 'https://sts.us-east-1.amazonaws.com/',
};
