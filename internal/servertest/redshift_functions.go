package servertest

import "strings"

// redshiftFunctions are functions that Redshift's Database Developer Guide describes ("SQL functions reference"), and the two of the PostgreSQL that it
// comes from which AWS's own administrative views use on its catalogue. What is not among them is refused, so that nothing rests on a function that
// only the database behind has.
var redshiftFunctions = wordSet(`
abs add_months any_value ascii avg bit_and bit_or bool_and bool_or btrim can_json_parse cast ceil ceiling char_length character_length charindex
checksum chr coalesce concat convert convert_timezone count crc32 current_database current_schema current_schemas date_part date_trunc
dateadd datediff decode dense_rank exp extract farmfingerprint64 first_value floor fnv_hash func_sha1 getdate greatest has_database_privilege
has_schema_privilege has_table_privilege initcap is_valid_json json_array_length json_extract_path_text json_parse json_serialize json_typeof lag
last_day last_value lead least left len length listagg ln log lower lpad ltrim max md5 median min mod murmur3_32_hash ntile nullif nvl nvl2
octet_length pg_backend_pid pg_last_copy_count pg_last_copy_id pg_last_query_id position power quote_ident quote_literal random rank regexp_count
regexp_instr regexp_replace regexp_substr repeat replace replicate reverse right round row_number rpad rtrim sha sha1 sha2 sign split_part sqrt
stddev strpos strtol substring sum textlen timezone to_char to_date to_hex to_number to_timestamp translate trim trunc upper variance version
array_to_string format_type`)

// beforeBracket are the words of SQL that stand before a bracket and are no functions.
var beforeBracket = wordSet(`
all and any as backup bigint between by case char character compound decimal distinct distkey else end except exists for foreign from having identity
if in intersect interleaved into join key nchar not numeric nvarchar on or over primary references returning select set sortkey table then union unique
using values varbyte varchar varying when where with`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// strangeFunction is a function that a statement calls and Redshift has not; empty when there is none.
func strangeFunction(st tokens) string {
	for i := 0; i+1 < len(st); i++ {
		word := strings.ToLower(st[i].text)
		if st[i].kind != 'w' || !st.at(i+1, "(") || st.namesTable(i) || redshiftFunctions[word] || beforeBracket[word] {
			continue
		}
		return word
	}
	return ""
}

// namesTable reports whether a word before a bracket is the name of a table with its columns, or of a column that is made.
func (ts tokens) namesTable(i int) bool {
	if i > 1 && ts[i-1].is(".") {
		i -= 2
	}
	return i > 0 && ts[i-1].is("into", "table", "exists", "copy", "update", "with", ",") && !ts.at(0, "select", "delete")
}
