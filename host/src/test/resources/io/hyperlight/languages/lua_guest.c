/* For Libraries. */

HL_EXPORT(hl_string, run, hl_string)
hl_string run(hl_string script) { return hl_from_cstring(results_of(script.data)); }
