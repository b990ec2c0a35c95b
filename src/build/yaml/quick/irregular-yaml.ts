/** Says that the quick reader leaves a file to the full one, which knows all of YAML. It is no fault of the file. */
export class IrregularYaml extends Error {
  override readonly name = 'IrregularYaml';
}

export function leaveToFullReader(): never {
  throw new IrregularYaml();
}
