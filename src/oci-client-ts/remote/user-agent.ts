/** How requests introduce themselves: name and version of the package. No import of package.json: Node 20 warns about those. */
export const defaultUserAgent = 'oci-client-ts/0.1.0';
