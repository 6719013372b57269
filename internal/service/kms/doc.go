// Package kms answers the API of AWS Key Management Service for symmetric keys, and keeps those keys.
//
// A key's material is random, sealed under the root keys (package secret) and bound to the key's ARN before it reaches
// the store. What a key encrypts names the key and the material, so that rotated keys open what they sealed before. A
// key that is disabled or waits for its deletion opens nothing, and a key whose time has come loses its material for
// good.
//
// Other services use keys through the Vault, which does not ask who may: they ask the edge.
//
// Asymmetric and HMAC keys, imported material, custom key stores and multi-Region keys are refused by name.
package kms
