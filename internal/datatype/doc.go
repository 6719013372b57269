// Package datatype names the intermediate data types of AWS DMS, the common tongue between unlike engines.
//
// Every native type maps to one of these and every target maps these to its own (package typemap holds those
// tables). A Hint beside the type keeps what the DMS type alone would lose (a UUID, a JSON document, a time
// zone), for the ends that understand it.
//
// Source of the names: AWS DMS user guide, "Data types for AWS Database Migration Service"
// (CHAP_Reference.DataTypes).
package datatype
