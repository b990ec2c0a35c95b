import type { Statement, VariableDeclarator } from '@swc/core';
import { Visitor } from '@swc/core/Visitor.js';

/** What a `using` or `await using` declares; undefined for any other node. The types of swc do not know these two. */
function declaratorsOf(node: object): VariableDeclarator[] | undefined {
  const { type, decls } = node as { readonly type?: string; readonly decls?: VariableDeclarator[] };
  return type === 'UsingDeclaration' ? decls : undefined;
}

/**
 * Teaches the visitor that dependency-cruiser walks the tree of swc with about `using` and `await using`: the parser
 * knows them, the visitor (of @swc/core 1.16) throws.
 */
export function visitUsingDeclarations(): void {
  const { visitStatement, visitForOfStatement } = Visitor.prototype;
  Visitor.prototype.visitStatement = function visit(statement): Statement {
    const declarators = declaratorsOf(statement);
    if (declarators === undefined) return visitStatement.call(this, statement);
    this.visitVariableDeclarators(declarators);
    return statement;
  };
  Visitor.prototype.visitForOfStatement = function visit(statement): Statement {
    if (declaratorsOf(statement.left) === undefined) return visitForOfStatement.call(this, statement);
    statement.right = this.visitExpression(statement.right);
    statement.body = this.visitStatement(statement.body);
    return statement;
  };
}
