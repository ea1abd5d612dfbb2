// argv in, exit status out, nothing else.
#include "app/cli.h"

int main(int argc, char** argv)
{
    return keystead::app::run(argc, argv);
}
