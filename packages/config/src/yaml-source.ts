import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Node, type YAMLMap } from 'yaml';
import type { Problem } from './problem.ts';

/** bridges.yaml as a tree of nodes that know their place. */
export interface YamlSource {
  readonly root: Node | null;
  /** A problem at a node, or at the file's beginning. */
  problemAt(node: Node | null | undefined, message: string, fix: string): Problem;
}

/** The longest file that is parsed; 512 Ki characters are some 3,000 bridges. */
const maxFileLength = 512 * 1024;
const maxProblems = 20;

/**
 * Parses YAML into nodes with places. Aliases are refused, since a few lines of them can stand for billions of
 * nodes; and the parser's own check for a key that occurs twice is off, since it takes minutes on a junk file.
 */
export function parseYaml(text: string, file: string): YamlSource | readonly Problem[] {
  if (text.length > maxFileLength) {
    return [
      {
        file,
        message: `${file} is longer than ${maxFileLength / 1024} KiB, which no list of bridges is`,
        fix: 'check that BRIDGES_FILE names the right file',
      },
    ];
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, lineCounter: lines });
  const place = (offset: number): Pick<Problem, 'file' | 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? { file } : { file, line, column: col };
  };
  const errors = [...document.errors, ...document.warnings];
  const syntax = errors.slice(0, 3).map((error) => ({ ...place(error.pos[0]), ...syntaxSentence(error.code, error.message) }));
  if (syntax.length > 0) return syntax;
  const source: YamlSource = {
    root: document.contents,
    problemAt: (node, message, fix) => ({ ...(node?.range ? place(node.range[0]) : { file, line: 1, column: 1 }), message, fix }),
  };
  const refused = structureProblems(document, source);
  return refused.length > 0 ? refused : source;
}

const quoting =
  'check indentation, brackets and quotes on this line and the one above; text with : # { [ @ or * in it must stand in quotes';

function syntaxSentence(code: string, message: string): Pick<Problem, 'message' | 'fix'> {
  if (code === 'TAB_AS_INDENT')
    return { message: 'a tab is used for indentation, which YAML does not allow', fix: 'replace the tab by spaces' };
  if (code === 'MULTIPLE_DOCS') return { message: 'the file holds more than one YAML document', fix: 'remove the line --- in the middle' };
  if (code === 'RESOURCE_EXHAUSTION')
    return { message: 'the file is nested too deeply to be a list of bridges', fix: 'write it as in bridges.example.yaml' };
  return { message: `this is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1, 200).replace(/\.$/, '')}`, fix: quoting };
}

function structureProblems(document: Document.Parsed, source: YamlSource): Problem[] {
  const problems: Problem[] = [];
  visit(document, (_key, node) => {
    if (problems.length >= maxProblems) return visit.BREAK;
    if (isAlias(node)) problems.push(source.problemAt(node, 'aliases (*name) are not supported here', 'write out what it stands for'));
    if (isMap(node)) problems.push(...duplicateKeys(node, source));
    return undefined;
  });
  return problems;
}

function duplicateKeys(map: YAMLMap, source: YamlSource): Problem[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    if (seen.has(name))
      return [source.problemAt(key, `the key ${name.slice(0, 60)} occurs twice in the same place`, 'remove one of the two')];
    seen.add(name);
    return [];
  });
}
