/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzzer's function over files, without libFuzzer: every file named,
 * and every file in each folder named. Fails when there are none.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "util.h"

static size_t n_inputs;

static int replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size);
	FILE *f = fopen(path, "re");
	int r = -1;

	if (f && (data || size == 0) && fread(data, 1, size, f) == size) {
		/* Said before it runs, for when it does not come back. */
		if (getenv("VERBOSE"))
			fprintf(stderr, "%s\n", path);
		(void)LLVMFuzzerTestOneInput(data, size);
		n_inputs++;
		r = 0;
	} else {
		perror(path);
	}
	if (f)
		fclose(f);
	free(data);
	return r;
}

static int replay(const char *path)
{
	struct dirent *entry;
	struct stat st;
	int r = 0;
	DIR *dir;

	if (stat(path, &st) < 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	dir = opendir(path);
	if (!dir) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(dir))) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		r |= replay(name);
	}
	closedir(dir);
	return r;
}

int main(int argc, char *argv[])
{
	int r = 0;

	for (int i = 1; i < argc; i++)
		r |= replay(argv[i]);
	printf("%zu inputs\n", n_inputs);
	return r < 0 || n_inputs == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
