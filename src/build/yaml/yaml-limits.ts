/** Bytes of one YAML file. The largest files seen, collections of definitions, stay below 16 MiB. */
export const maxYamlFileBytes = 32 * 1024 * 1024;

/** Bytes of all YAML files of one build, and of what kustomize may print. */
export const maxBuildBytes = 64 * 1024 * 1024;

/** Entries of the directories that are looked at for files to build: as many as an artifact may have. */
export const maxTreeEntries = 20_000;

/** Documents of one file, and objects of one build. */
export const maxDocuments = 100_000;

/** Maps and lists inside each other. The deepest definitions seen reach 40; every level costs stack. */
export const maxYamlDepth = 100;

/** Aliases (`*name`) of one document. */
export const maxYamlAliases = 10_000;

/**
 * Tokens of one document. Each costs some 330 bytes until the document is read; the largest definition seen has 150,000.
 * An object that a cluster could store is far below.
 */
export const maxYamlTokens = 500_000;

/** Characters of the places of quoted strings that hold a `$`: each has its whole path, and keys may be long. */
export const maxQuotedCharacters = 16 * 1024 * 1024;

/** Values of one document after aliases are copied. */
export const maxYamlValues = 500_000;
