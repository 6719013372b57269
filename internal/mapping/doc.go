// Package mapping reads table mappings (the DMS JSON document of selection, transformation and table-settings rules)
// and turns them, with a source catalog, into one plan per table.
//
// Source of the rules: AWS DMS user guide, "Specifying table selection and transformations rules using JSON"
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation and its sub-pages).
package mapping
