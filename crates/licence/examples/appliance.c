/* Asks a licence file whether something is allowed:
 *
 *     appliance FILE KEY-IN-HEXADECIMAL SYSTEM NOW NAME [MEMORY-FILE]
 *
 * Prints "allowed", "not allowed", or why the file is not believed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance.h"

static int read_key(const char *digits, uint8_t key[32]) {
    if (strlen(digits) != 64) return 0;
    for (int place = 0; place < 32; place++) {
        unsigned byte;
        if (sscanf(digits + 2 * place, "%2x", &byte) != 1) return 0;
        key[place] = (uint8_t)byte;
    }
    return 1;
}

int main(int count, char **arguments) {
    uint8_t file[16 * 1024 + 1], key[32], memory[16] = {0};
    if (count < 6 || !read_key(arguments[2], key)) {
        fprintf(stderr, "usage: appliance FILE KEY SYSTEM NOW NAME [MEMORY-FILE]\n");
        return 2;
    }
    FILE *input = fopen(arguments[1], "rb");
    if (!input) {
        perror(arguments[1]);
        return 2;
    }
    size_t length = fread(file, 1, sizeof file, input);
    fclose(input);

    const char *memory_file = count > 6 ? arguments[6] : NULL;
    FILE *kept = memory_file ? fopen(memory_file, "rb") : NULL;
    if (kept) {
        if (fread(memory, 1, sizeof memory, kept) != sizeof memory) memset(memory, 0, sizeof memory);
        fclose(kept);
    }
    int answer = bailiwick_licence_allows(file, length, key, arguments[3],
                                          (int64_t)strtoll(arguments[4], NULL, 10), memory, arguments[5]);
    if (answer < 0) {
        printf("%s\n", bailiwick_licence_refusal(answer));
        return 1;
    }
    if (memory_file) {
        kept = fopen(memory_file, "wb");
        if (!kept || fwrite(memory, 1, sizeof memory, kept) != sizeof memory || fclose(kept) != 0) {
            perror(memory_file);
            return 2;
        }
    }
    printf("%s\n", answer ? "allowed" : "not allowed");
    return answer ? 0 : 1;
}
