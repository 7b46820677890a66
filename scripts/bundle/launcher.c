/* The program `ptcpdump` of a bundle: starts the bundle's own Python, wherever the folder lies. -I and -S: nothing of the
 * environment, of the working directory or of a user's own packages is imported by what may run as root. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *before[] = {"", "-I", "-S", "-c", "from ptcpdump.cli.entry import command; command()"};
enum { BEFORE = sizeof(before) / sizeof(before[0]) };

int main(int argc, char **argv)
{
	static const char interpreter[] = "/bin/ptcpdump";	/* so ps(1) calls it that, too */
	char path[PATH_MAX + sizeof(interpreter)];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	if (length < 0) {
		perror("ptcpdump: can't tell where I am: /proc/self/exe");
		return 1;
	}
	path[length] = '\0';
	strcpy(strrchr(path, '/'), interpreter);

	const char *words[BEFORE + argc];
	memcpy(words, before, sizeof(before));
	words[0] = path;	/* by which Python finds its folder */
	memcpy(words + BEFORE, argv + 1, argc * sizeof(*argv));	/* with the NULL at the end */
	execv(path, (char **)words);
	fprintf(stderr, "ptcpdump: ");
	perror(path);
	return 1;
}
