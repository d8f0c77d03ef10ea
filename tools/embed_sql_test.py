"""Tests of tools/embed_sql.py:  python3 -m unittest tools/embed_sql_test.py"""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import embed_sql  # noqa: E402  (beside this file)


def one(text):
    (query,) = embed_sql.parse_queries(text, 'x.sql')
    return query


class Queries(unittest.TestCase):
    def refuses(self, text, why):
        with self.assertRaisesRegex(embed_sql.SqlError, why):
            embed_sql.parse_queries(text, 'x.sql')

    def test_numbers_parameters_in_the_order_of_their_declaration(self):
        query = one('-- name: a\n-- About it.\n-- params: project int, after int\n'
                    'SELECT 1 FROM t WHERE id > :after AND project_id = :project AND :after > 0;\n')
        self.assertEqual(query.sql['sqlite'],
                         'SELECT 1 FROM t WHERE id > ?2 AND project_id = ?1 AND ?2 > 0')
        self.assertEqual(query.sql['postgres'],
                         'SELECT 1 FROM t WHERE id > $2 AND project_id = $1 AND $2 > 0')

    def test_leaves_strings_comments_names_and_casts_alone(self):
        query = one('-- name: a\n-- params: project int\n'
                    "SELECT ':x''; :y', E'\\':z', \":n\", $q$:d;$q$, '1'::int -- :c;\n"
                    'FROM t /* :e */ WHERE p = :project::bigint;\n')
        self.assertEqual(query.sql['postgres'].split('\n')[0].rstrip(),
                         "SELECT ':x''; :y', E'\\':z', \":n\", $q$:d;$q$, '1'::int")
        self.assertTrue(query.sql['postgres'].endswith('WHERE p = $1::bigint'))

    def test_two_dialects(self):
        query = one('-- name: a\n-- params: project int\n-- [sqlite]\nSELECT :project;\n'
                    '-- [postgres]\nSELECT CAST(:project AS bigint);\n')
        self.assertEqual(query.sql, {'sqlite': 'SELECT ?1', 'postgres': 'SELECT CAST($1 AS bigint)'})

    def test_arrays_make_a_batch(self):
        query = one('-- name: a\n-- params: project int[],\n--         body json[]\n'
                    '-- params: now time\nSELECT :project, :body, :now')
        self.assertTrue(query.is_batch)
        self.assertEqual([(p.name, p.type, p.is_array) for p in query.params],
                         [('project', 'int', True), ('body', 'json', True), ('now', 'time', False)])

    def test_echo_names_parameters(self):
        query = one('-- name: a\n-- params: project int[], key text[]\n'
                    '-- echo: project as project_id, key\nSELECT :project, :key')
        self.assertEqual(query.echo, [('project_id', 0), ('key', 1)])
        with self.assertRaises(embed_sql.SqlError):
            one('-- name: a\n-- params: project int\n-- echo: other\nSELECT :project')

    def test_system_scope_wants_a_reason(self):
        self.assertEqual(one('-- name: a\n-- scope: system — claims for every project\nSELECT 1').scope, 'system')
        self.refuses('-- name: a\n-- scope: system\nSELECT 1', 'reason')
        self.refuses('-- name: a\nSELECT 1', 'no :project')
        self.refuses('-- name: a\n-- scope: org\n-- params: project int\nSELECT :project', 'no :org')
        self.refuses('-- name: a\n-- params: project text\nSELECT :project', 'must be int')

    def test_the_owner_is_known_by_its_place(self):
        query = one('-- name: a\n-- scope: org\n-- params: n int, org int\nSELECT :n FROM t WHERE o = :org')
        self.assertEqual((query.scope, query.owner), ('org', 1))
        self.assertIn('.scope = SCOPE_ORG,\n        .owner = 1,', embed_sql.source([query], []))

    def test_what_reads_is_compared_with_its_owner(self):
        head = '-- name: a\n-- params: project int\n'
        for statement in ('SELECT :project FROM t', 'UPDATE t SET a = :project', 'DELETE FROM t USING (SELECT :project) x',
                          'INSERT INTO t SELECT :project FROM u', 'SELECT 1 FROM t WHERE a > :project'):
            self.refuses(head + statement, 'nothing is compared with :project')
        for statement in ('INSERT INTO t (a) VALUES (:project)', 'UPDATE t SET a = 1 WHERE +t.p = :project',
                          'SELECT 1 FROM t JOIN u ON u.p = :project'):
            one(head + statement)
        one('-- name: a\n-- params: project int[], id int[]\n-- [sqlite]\nDELETE FROM t WHERE p = :project AND i = :id\n'
            '-- [postgres]\nDELETE FROM t USING unnest(:project, :id) AS k (p, i) WHERE t.p = k.p AND t.i = k.i')

    def test_filters_can_be_taken_out(self):
        def unfiltered(text):
            (query,) = embed_sql.parse_queries('-- name: a\n' + text, 'x.sql', is_filtered=False)
            return query.sql['postgres']
        self.assertEqual(unfiltered('-- params: project int, id int\n'
                                    'SELECT 1 FROM t WHERE t.p = :project AND id = :id AND (a OR +p = :project)'),
                         'SELECT 1 FROM t WHERE $1 IS NOT NULL AND id = $2 AND (a OR $1 IS NOT NULL)')
        self.assertEqual(unfiltered('-- params: id int[], project int[]\n-- [sqlite]\nSELECT :id, :project\n-- [postgres]\n'
                                    'SELECT 1 FROM unnest(CAST(:id AS bigint[]), :project) WITH ORDINALITY AS k (i, p, n)\n'
                                    '  JOIN t ON t.p = k.p AND t.i = k.i AND t.p = u.p').split('\n')[1],
                         '  JOIN t ON k.p IS NOT NULL AND t.i = k.i AND t.p = u.p')
        self.assertEqual(unfiltered('-- params: org int\n-- scope: org\nSELECT 1 FROM t WHERE o = :org'),
                         'SELECT 1 FROM t WHERE $1 IS NOT NULL')
        self.assertEqual(unfiltered('-- params: project int\n-- scope: system — x\nSELECT 1 FROM t WHERE p = :project'),
                         'SELECT 1 FROM t WHERE p = $1')

    def test_refuses_mistakes(self):
        self.refuses('-- name: a\n-- params: project int\nSELECT :projekt', 'not declared')
        self.refuses('-- name: a\n-- params: project int\nSELECT 1', 'declared but not used')
        self.refuses('-- name: a\n-- params: project int\n-- [sqlite]\nSELECT :project\n'
                     '-- [postgres]\nSELECT 1', r'not used \(postgres\)')
        self.refuses('-- name: a\n-- params: project int\n-- [sqlite]\nSELECT :project', 'missing')
        self.refuses('-- name: a\n-- params: project int\nSELECT :project; SELECT 2', 'more than one')
        self.refuses('-- name: a\n-- params: project int\nSELECT :project; DELETE', 'more than one')
        self.refuses("-- name: a\n-- params: project int\nSELECT ':project", 'does not end')
        self.refuses('-- name: a\n-- params: project number\nSELECT :project', 'no type')
        self.refuses('-- name: a\n-- params: project int, project int\nSELECT :project', 'twice')
        self.refuses('-- name: A-b\nSELECT 1', 'not a name')
        self.refuses('-- name: a\n-- scope: system — x\n', 'no statement')
        self.refuses('SELECT 1', 'without')

    def test_a_part_stands_wherever_it_is_used(self):
        first, second = embed_sql.parse_queries(
            '-- part: mine\n-- About it.\n AND p = :project\n\n'
            '-- name: a\n-- params: project int\nSELECT 1 WHERE x\n-- use: mine\n ORDER BY y;\n'
            '-- name: b\n-- params: n int, project int\nSELECT :n WHERE z\n-- use: mine\n', 'x.sql')
        self.assertEqual(first.sql['sqlite'], 'SELECT 1 WHERE x\n AND p = ?1\n ORDER BY y')
        self.assertEqual(second.sql['postgres'], 'SELECT $1 WHERE z\n AND p = $2')

    def test_refuses_parts_that_are_wrong(self):
        query = '-- name: a\n-- params: project int\nSELECT :project\n'
        self.refuses(query + '-- use: other\n', 'no part "other"')
        self.refuses('-- part: p\n, 1\n' + query, 'x.sql:1: p: nobody uses')
        self.refuses('-- part: p\n, 1\n-- part: p\n, 2\n' + query + '-- use: p\n', 'x.sql:3: p: .*twice')
        self.refuses('-- part: p\n\n' + query + '-- use: p\n', 'empty part')

    def test_names_are_unique_over_all_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in 'a.sql', 'b.sql':
                Path(folder, file).write_text('-- name: x\n-- scope: system — x\nSELECT 1')
            with self.assertRaisesRegex(embed_sql.SqlError, 'b.sql:1: x: the name is taken by a.sql'):
                embed_sql.read_queries(folder)


class Migrations(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text='-- up\nA;\n-- down\nB;\n'):
        Path(self.folder.name, name).write_text(text)

    def refuses(self, why):
        with self.assertRaisesRegex(embed_sql.SqlError, why):
            embed_sql.read_migrations(self.folder.name)

    def test_one_file_or_a_pair(self):
        self.write('0001_create_a.sql')
        self.write('0002_add_b.sqlite.sql', '-- up\nS;\n-- down\nT;\n')
        self.write('0002_add_b.postgres.sql', '-- up\nP;\n-- down\nQ;\n')
        first, second = embed_sql.read_migrations(self.folder.name)
        self.assertEqual((first.name, first.up['sqlite'], first.down['postgres']),
                         ('create_a', 'A;\n', 'B;\n'))
        self.assertEqual((second.up['sqlite'], second.down['postgres']), ('S;\n', 'Q;\n'))

    def test_refuses_half_a_pair(self):
        self.write('0001_add_b.sqlite.sql')
        self.refuses('no .postgres.sql')

    def test_refuses_a_gap(self):
        self.write('0002_add_b.sql')
        self.refuses('0*1 is missing')

    def test_refuses_a_number_taken_twice(self):
        self.write('0001_a.sql')
        self.write('0001_b.sql')
        self.refuses('taken by a')

    def test_refuses_a_missing_way_back(self):
        self.write('0001_a.sql', '-- up\nA;\n')
        self.refuses('"-- down" part is missing')


class Output(unittest.TestCase):
    def test_no_queries_is_still_c(self):
        self.assertIn('enum query {\n    QUERY_COUNT\n};', embed_sql.header([]))
        self.assertIn('catalog_queries[QUERY_COUNT + 1] = {\n};', embed_sql.source([], []))

    def test_text_is_escaped(self):
        self.assertEqual(embed_sql.c_string('a "b" \\ é\n1', 2),
                         '"a \\"b\\" \\\\ \\303\\251\\012"\n  "1"')


if __name__ == '__main__':
    unittest.main()
