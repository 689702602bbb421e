/* Licence files of a Bailiwick server, checked offline. The library comes from appliance.rs. */
#ifndef BAILIWICK_LICENCE_H
#define BAILIWICK_LICENCE_H

#include <stddef.h>
#include <stdint.h>

/* Whether the licence file allows what is called `name`, for the system with this id, when its clock
 * shows `now` (seconds since 1970). 1: yes. 0: no. Negative: the file is not believed.
 *
 * `memory` is what the library wants back at the next call, also after a restart: keep it where nobody
 * can set it back. All zero before the first call; changed only when the file is believed. */
int bailiwick_licence_allows(const uint8_t *file, size_t length, const uint8_t key[32],
                             const char *system, int64_t now, uint8_t memory[16], const char *name);

/* Why, for a negative answer: "damaged", "wrong_system", "lease_ended" ... NULL for any other. */
const char *bailiwick_licence_refusal(int answer);

#endif
