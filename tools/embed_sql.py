#!/usr/bin/env python3
"""Turns the named SQL blocks and the migrations into C tables, and refuses what is wrong in them.

A block (src/store/queries/README.md):

    -- name: call_recent
    -- What it does, in a sentence.
    -- params: project int, before int,
    --         limit int
    SELECT ... WHERE project_id = :project ...;

Text that several blocks of a file share stands once, below `-- part: name`; `-- use: name` is its place.
Two dialects are written below `-- [sqlite]` and `-- [postgres]`. The output is one enumerator per
block (Q_CALL_RECENT) and the tables that src/store/catalog.h declares.

With --unfiltered every filter by the owner is taken out: what is built from that is for the tests that
show what the database holds apart by itself (docs/architecture.md, "Two walls").
"""
import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ENGINES = ('sqlite', 'postgres')
PARAMS_MAX = 64  # QUERY_PARAMS_MAX of src/store/catalog.h
ECHO_MAX = 4  # QUERY_ECHO_MAX
TYPES = ('int', 'text', 'bool', 'time', 'json', 'bytes', 'decimal')
OWNERS = ('project', 'org')  # scopes that are the name of a parameter as well

NAME = re.compile(r'[a-z][a-z0-9_]*\Z')
MIGRATION_FILE = re.compile(r'(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql\Z')

# What a statement consists of, as far as we care. The order matters: text that must not be touched
# comes first, `::` before `:name`.
TOKEN = re.compile(r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<escaped>\b[eE]'(?:[^'\\]|''|\\.)*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    | (?P<cast>::)
    | (?P<param>:(?P<name>[A-Za-z_][A-Za-z0-9_]*))
    | (?P<end>;)
    | (?P<open>['"]|/\*)
""", re.VERBOSE | re.DOTALL)


class SqlError(Exception):
    """A mistake in a .sql file, with its place."""


@dataclass
class Param:
    name: str
    type: str
    is_array: bool


@dataclass
class Query:
    name: str
    place: str
    params: list = field(default_factory=list)
    scope: str = 'project'  # one of OWNERS, the parameter that it must have and use; or 'system'
    echo: list = field(default_factory=list)  # (column, index of the parameter)
    plans_anew: bool = False
    sql: dict = field(default_factory=dict)  # engine -> statement with ?k or $k

    @property
    def is_batch(self):
        return any(p.is_array for p in self.params)

    @property
    def owner(self):
        """The index of the parameter that names whose rows these are; 0 of a system query."""
        return next((k for k, p in enumerate(self.params) if p.name == self.scope), 0)


@dataclass
class Migration:
    number: int
    name: str
    up: dict = field(default_factory=dict)
    down: dict = field(default_factory=dict)


# --- one block --------------------------------------------------------------------------------


def parse_params(text, place):
    params = []
    for item in filter(None, (part.strip() for part in text.split(','))):
        words = item.split()
        if len(words) != 2:
            raise SqlError(f'{place}: params: "{item}" is not "<name> <type>"')
        name, kind = words
        is_array = kind.endswith('[]')
        kind = kind.removesuffix('[]')
        if not NAME.match(name):
            raise SqlError(f'{place}: params: "{name}" is not a name')
        if kind not in TYPES:
            raise SqlError(f'{place}: params: {name}: no type "{kind}" (one of {" ".join(TYPES)})')
        if any(p.name == name for p in params):
            raise SqlError(f'{place}: params: {name} stands there twice')
        params.append(Param(name, kind, is_array))
    return params


def parse_scope(text, place):
    if text == 'org':
        return text
    if not re.match(r'system\s+(?:—|–|--|-)\s*(\S.*)', text):
        raise SqlError(f'{place}: scope: write "scope: org", or "scope: system — <reason>"')
    return 'system'


def parse_echo(text, params, place):
    """`param as column, param …`: what SQLite gives back of each run that changed a row."""
    numbers, echo = {p.name: k for k, p in enumerate(params)}, []
    for item in filter(None, (part.strip() for part in text.split(','))):
        match = re.match(r'(\w+)(?:\s+as\s+(\w+))?\Z', item)
        if not match or match[1] not in numbers:
            raise SqlError(f'{place}: echo: "{item}" is not "<param>" or "<param> as <column>"')
        echo.append((match[2] or match[1], numbers[match[1]]))
    if len(echo) > ECHO_MAX:
        raise SqlError(f'{place}: more than {ECHO_MAX} echoes')
    return echo


def bind_by_number(sql, params, engine, place):
    """Replaces each :name by ?k or $k, cuts the final semicolon, and checks the statement."""
    number = {p.name: k for k, p in enumerate(params, 1)}
    used, out, at, ended = set(), [], 0, False
    for token in TOKEN.finditer(sql):
        between = sql[at:token.start()]
        at = token.end()
        if ended and (between.strip() or not token['comment']):
            raise SqlError(f'{place}: more than one statement ({engine})')
        out.append(between)
        if token['open']:
            raise SqlError(f'{place}: a string, name or comment does not end ({engine})')
        if token['end']:
            ended = True
        elif token['param']:
            name = token['name']
            if name not in number:
                raise SqlError(f'{place}: :{name} is not declared in params ({engine})')
            used.add(name)
            out.append(('?' if engine == 'sqlite' else '$') + str(number[name]))
        else:
            out.append(' ' if token['comment'] else token.group())
    rest = sql[at:]
    if ended and rest.strip():
        raise SqlError(f'{place}: more than one statement ({engine})')
    out.append(rest)
    unused = [p.name for p in params if p.name not in used]
    if unused:
        raise SqlError(f'{place}: :{unused[0]} is declared but not used ({engine})')
    lines = [line.rstrip() for line in ''.join(out).splitlines()]
    statement = '\n'.join(line for line in lines if line.strip())
    if not statement.strip():
        raise SqlError(f'{place}: no statement ({engine})')
    return statement


# A comparison behind one of these words keeps a statement to its owner.
COMPARED = r'(\b(?:WHERE|AND|OR|ON)\s+)\+?[\w.]+\s*=\s*'
READS = re.compile(r'\b(?:FROM|JOIN)\s+(?!unnest\b)\w|\A\s*(?:UPDATE|DELETE)\b')
UNNEST = re.compile(r'\bunnest\(((?:[^()]|\([^()]*\))*)\)(?:\s+WITH\s+ORDINALITY)?\s+AS\s+(\w+)\s*\(([^()]*)\)')


def without_filter(sql, owner):
    """The statement with what is always true in place of each filter by its owner, and how many there
    were. In a batch on PostgreSQL the owner is a column of an unnest."""
    sql, n = re.subn(rf'{COMPARED}:{owner}\b', rf'\1:{owner} IS NOT NULL', sql)
    for arguments, alias, columns in UNNEST.findall(sql):
        pairs = zip(arguments.split(','), columns.split(','))
        for column in [c.strip() for argument, c in pairs if re.search(rf':{owner}\b', argument)]:
            sql, more = re.subn(rf'{COMPARED}(?:{alias}\.)?{column}\b', rf'\1{alias}.{column} IS NOT NULL', sql)
            n += more
    return sql, n


def check_scope(query):
    if query.scope == 'system':
        return
    owner = next((p for p in query.params if p.name == query.scope), None)
    if not owner:
        raise SqlError(f'{query.place}: no :{query.scope}. Filter by it, or say "scope: system — <reason>"')
    if owner.type != 'int':
        raise SqlError(f'{query.place}: params: {owner.name} must be int or int[]')


def parse_block(name, lines, place, is_filtered=True):
    """lines: those after `-- name:`."""
    if not NAME.match(name):
        raise SqlError(f'{place}: "{name}" is not a name (lower case, digits, underscores)')
    query, head, params, echo, texts = Query(name, place), True, '', '', {None: []}
    engine, in_params = None, False
    for line in lines:
        text = line.strip()
        dialect = re.match(r'--\s*\[(\w+)\]\Z', text)
        if dialect:
            engine, head = dialect[1], False
            if engine not in ENGINES:
                raise SqlError(f'{place}: no dialect [{engine}]')
            if engine in texts:
                raise SqlError(f'{place}: [{engine}] stands there twice')
            texts[engine] = []
        elif head and text.startswith('--'):
            text = text[2:].strip()
            if text.startswith('params:') or in_params:
                text = text.removeprefix('params:').strip()
                params += text
                in_params = text.endswith(',')
                params += '' if in_params else ','
            elif text.startswith('echo:'):
                echo = text.removeprefix('echo:')
            elif text == 'plan: anew':
                query.plans_anew = True
            elif text.startswith('scope:'):
                query.scope = parse_scope(text.removeprefix('scope:').strip(), place)
        else:
            head = head and not text
            texts[engine].append(line)

    query.params = parse_params(params, place)
    query.echo = parse_echo(echo, query.params, place)
    if len(query.params) > PARAMS_MAX:
        raise SqlError(f'{place}: more than {PARAMS_MAX} params')
    common = '\n'.join(texts.pop(None))
    if texts and common.strip():
        raise SqlError(f'{place}: a statement before the first dialect')
    for engine in ENGINES:
        if texts and engine not in texts:
            raise SqlError(f'{place}: [{engine}] is missing')
        sql = '\n'.join(texts[engine]) if texts else common
        query.sql[engine] = bind_by_number(sql, query.params, engine, place)
        if query.scope in OWNERS:
            open_sql, n_filters = without_filter(sql, query.scope)
            if n_filters == 0 and READS.search(query.sql[engine]):
                raise SqlError(f'{place}: nothing is compared with :{query.scope} ({engine})')
            if not is_filtered:
                query.sql[engine] = bind_by_number(open_sql, query.params, engine, place)
    check_scope(query)
    return query


@dataclass
class Section:
    kind: str  # name: a query; part: text that queries of the file share
    name: str
    place: str
    lines: list


def split_sections(text, file):
    sections = []
    for at, line in enumerate(text.splitlines(), 1):
        match = re.match(r'--\s*(name|part):\s*(.*?)\s*\Z', line)
        if match:
            sections.append(Section(match[1], match[2], f'{file}:{at}: {match[2]}', []))
        elif sections:
            sections[-1].lines.append(line)
        elif line.strip() and not line.startswith('--'):
            raise SqlError(f'{file}:{at}: a statement without "-- name:"')
    return sections


def read_parts(sections):
    parts = {}
    for section in sections:
        if section.name in parts:
            raise SqlError(f'{section.place}: the part stands there twice')
        parts[section.name] = [line for line in section.lines if not line.startswith('--')]
        if not ''.join(parts[section.name]).strip():
            raise SqlError(f'{section.place}: an empty part')
    return parts


def with_parts(query, parts, used):
    """The lines of a query, each `-- use: name` replaced by the part of that name."""
    lines = []
    for line in query.lines:
        match = re.match(r'\s*--\s*use:\s*(\S+)\s*\Z', line)
        if match and match[1] not in parts:
            raise SqlError(f'{query.place}: no part "{match[1]}" in this file')
        lines += parts[match[1]] if match else [line]
        used.update([match[1]] if match else [])
    return lines


def parse_queries(text, file, is_filtered=True):
    sections, used = split_sections(text, file), set()
    shared = [section for section in sections if section.kind == 'part']
    parts = read_parts(shared)
    queries = [parse_block(query.name, with_parts(query, parts, used), query.place, is_filtered)
               for query in sections if query.kind == 'name']
    for part in shared:
        if part.name not in used:
            raise SqlError(f'{part.place}: nobody uses this part')
    return queries


def read_queries(folder, is_filtered=True):
    queries, seen = [], {}
    for path in sorted(Path(folder).glob('*.sql')):
        for query in parse_queries(path.read_text(encoding='utf-8'), path.name, is_filtered):
            if query.name in seen:
                raise SqlError(f'{query.place}: the name is taken by {seen[query.name]}')
            seen[query.name] = query.place
            queries.append(query)
    return queries


# --- migrations -------------------------------------------------------------------------------


def split_migration(text, file):
    parts, part = {}, None
    for line in text.splitlines():
        match = re.match(r'--\s*(up|down)\s*\Z', line)
        if match:
            part = match[1]
            if part in parts:
                raise SqlError(f'{file}: "-- {part}" stands there twice')
            parts[part] = []
        elif part:
            parts[part].append(line)
        elif line.strip() and not line.startswith('--'):
            raise SqlError(f'{file}: a statement before "-- up"')
    for part in ('up', 'down'):
        if not '\n'.join(parts.get(part, [])).strip():
            raise SqlError(f'{file}: the "-- {part}" part is missing')
    return '\n'.join(parts['up']).strip() + '\n', '\n'.join(parts['down']).strip() + '\n'


def read_migrations(folder):
    migrations = {}
    for path in sorted(Path(folder).glob('*.sql')):
        match = MIGRATION_FILE.match(path.name)
        if not match:
            raise SqlError(f'{path.name}: not NNNN_<verb>_<noun>[.sqlite|.postgres].sql')
        number, name, engine = int(match[1]), match[2], match[3]
        migration = migrations.setdefault(number, Migration(number, name))
        if migration.name != name:
            raise SqlError(f'{path.name}: number {number} is taken by {migration.name}')
        up, down = split_migration(path.read_text(encoding='utf-8'), path.name)
        for each in [engine] if engine else ENGINES:
            if each in migration.up:
                raise SqlError(f'{path.name}: [{each}] stands in two files')
            migration.up[each], migration.down[each] = up, down
    for expected, (number, migration) in enumerate(sorted(migrations.items()), 1):
        if number != expected:
            raise SqlError(f'migration {expected:04} is missing before {number:04}')
        for engine in ENGINES:
            if engine not in migration.up:
                raise SqlError(f'migration {number:04}_{migration.name}: no .{engine}.sql')
    return [migrations[number] for number in sorted(migrations)]


# --- C ----------------------------------------------------------------------------------------


def c_string(text, indent):
    def escape(line):
        return ''.join('\\' + c if c in '"\\' else c if ' ' <= c <= '~' else
                       ''.join(f'\\{byte:03o}' for byte in c.encode()) for c in line)
    lines = text.splitlines(keepends=True)
    return ('\n' + ' ' * indent).join(f'"{escape(line)}"' for line in lines)


def header(queries):
    names = ''.join(f'    Q_{q.name.upper()},\n' for q in queries)
    return ('/* Generated by tools/embed_sql.py from src/store/queries. */\n'
            '#ifndef STORE_QUERIES_H\n#define STORE_QUERIES_H\n\n'
            f'enum query {{\n{names}    QUERY_COUNT\n}};\n\n#endif\n')


def source(queries, migrations):
    out = ['/* Generated by tools/embed_sql.py from src/store/queries and src/store/migrations. */\n'
           '#include "store/catalog.h"\n']
    for query in filter(lambda q: q.params, queries):
        rows = ''.join(f'    {{"{p.name}", PARAM_{p.type.upper()}, {str(p.is_array).lower()}}},\n'
                       for p in query.params)
        out.append(f'static const struct query_param params_{query.name}[] = {{\n{rows}}};\n')
    out.append('const struct query_text catalog_queries[QUERY_COUNT + 1] = {')
    for query in queries:
        params = f'params_{query.name}' if query.params else 'NULL'
        echo = ', '.join(f'{{"{column}", {k}}}' for column, k in query.echo) or '{0}'
        out.append(f'    [Q_{query.name.upper()}] = {{\n'
                   f'        .name = "{query.name}",\n'
                   f'        .scope = SCOPE_{query.scope.upper()},\n'
                   f'        .owner = {query.owner},\n'
                   f'        .params = {params},\n'
                   f'        .n_params = {len(query.params)},\n'
                   f'        .n_echo = {len(query.echo)},\n'
                   f'        .echo = {{{echo}}},\n'
                   f'        .is_batch = {str(query.is_batch).lower()},\n'
                   f'        .plans_anew = {str(query.plans_anew).lower()},')
        for engine in ENGINES:
            out.append(f'        .sql[STORE_{engine.upper()}] =\n            '
                       + c_string(query.sql[engine], 12) + ',')
        out.append('    },')
    out.append('};\n')
    out.append('const struct migration_text catalog_migrations[] = {')
    for migration in migrations:
        out.append(f'    {{\n        .number = {migration.number},\n'
                   f'        .name = "{migration.name}",')
        for engine in ENGINES:
            for part in ('up', 'down'):
                text = getattr(migration, part)[engine]
                out.append(f'        .{part}[STORE_{engine.upper()}] =\n            '
                           + c_string(text, 12) + ',')
        out.append('    },')
    out.append('    {.number = 0},\n};\n')
    out.append(f'const size_t catalog_migration_count = {len(migrations)};')
    return '\n'.join(out) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--queries', required=True)
    parser.add_argument('--migrations', required=True)
    parser.add_argument('--out-c', required=True)
    parser.add_argument('--out-h')
    parser.add_argument('--unfiltered', action='store_true')
    args = parser.parse_args()
    try:
        queries = read_queries(args.queries, is_filtered=not args.unfiltered)
        migrations = read_migrations(args.migrations)
    except SqlError as error:
        sys.exit(f'embed_sql: {error}')
    if args.out_h:
        Path(args.out_h).write_text(header(queries), encoding='utf-8')
    Path(args.out_c).write_text(source(queries, migrations), encoding='utf-8')


if __name__ == '__main__':
    main()
