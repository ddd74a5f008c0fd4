// filtered PROGRAM [ARGUMENT...]: becomes PROGRAM, under the filter that filter-of-unit made of the unit when this was compiled.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_filter instructions[] = {
#include "filter.inc"
};

int main(int argc, char **argv)
{
    struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
    if (argc < 2) {
        fprintf(stderr, "usage: filtered PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    // As in the unit (NoNewPrivileges=); without it only root may load a filter.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
        perror("filtered: cannot load the filter");
        return 125;
    }
    execv(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
