/* ptcpdump._native: the one shared object that holds the Cython modules of this package.
 *
 * Each of them keeps its own module definition (PEP 489); this table finds it by the module's full name. Making a module
 * of it is what importlib asks of a loader: ptcpdump/linked.py has that side.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* MODULE(symbol, "name") for each module; written by CMakeLists.txt */
#define MODULE(symbol, name) extern PyObject *PyInit_##symbol(void);
#include "modules.h"
#undef MODULE

static const struct entry {
    const char *name;
    PyObject *(*init)(void);
} entries[] = {
#define MODULE(symbol, name) {name, PyInit_##symbol},
#include "modules.h"
#undef MODULE
    {NULL, NULL},
};

PyDoc_STRVAR(create_doc,
    "create(spec, /)\n--\n\n"
    "Make the module that spec.name names, not yet executed (importlib.abc.Loader.create_module).\n"
    "Raises ImportError when it is not here.");

static PyObject *create(PyObject *Py_UNUSED(self), PyObject *spec)
{
    PyObject *name = PyObject_GetAttrString(spec, "name");
    if (name == NULL)
        return NULL;
    const char *wanted = PyUnicode_AsUTF8(name);
    const struct entry *entry = entries;
    while (wanted != NULL && entry->name != NULL && strcmp(entry->name, wanted) != 0)
        entry++;
    PyObject *module = NULL;
    if (wanted != NULL && entry->name == NULL) {
        PyErr_Format(PyExc_ImportError, "%s holds no module %R", "ptcpdump._native", name);
    } else if (wanted != NULL) {
        PyObject *definition = entry->init();   /* borrowed: a static PyModuleDef */
        if (definition != NULL)
            module = PyModule_FromDefAndSpec((PyModuleDef *)definition, spec);
    }
    Py_DECREF(name);
    return module;
}

static int execute(PyObject *module)
{
    PyObject *names = PyFrozenSet_New(NULL);
    if (names == NULL)
        return -1;
    for (const struct entry *entry = entries; entry->name != NULL; entry++) {
        PyObject *name = PyUnicode_FromString(entry->name);
        int failed = name == NULL || PySet_Add(names, name) < 0;
        Py_XDECREF(name);
        if (failed) {
            Py_DECREF(names);
            return -1;
        }
    }
    int result = PyModule_AddObjectRef(module, "NAMES", names);
    Py_DECREF(names);
    return result;
}

static PyMethodDef methods[] = {
    {"create", create, METH_O, create_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The shared object of this package's Cython modules: NAMES, and create() to make one of them.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
