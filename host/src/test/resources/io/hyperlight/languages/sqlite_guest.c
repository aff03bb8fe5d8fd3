/* For Libraries. */

HL_EXPORT(hl_string, query, hl_string)
hl_string query(hl_string sql) { return hl_from_cstring(answer_to(sql.data)); }
