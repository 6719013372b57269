// Package action knows what every operation of DMS touches: the IAM action it is authorized by, the resources named by
// its input, the tags and other facts that become condition keys, and the roles it hands over.
//
// The table is dms.txt, embedded and read once by Load; Touches is a pure function over it and the decoded input.
package action
