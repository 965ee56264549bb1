// bcryptprimitives.dll, which Wine 8 lacks and Bun for Windows needs, and what it needs besides.

#include <string.h>
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);

// Random bytes.
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
  return SystemFunction036(data, (ULONG)size);
}

// Bun opens files by their names of the kernel, \Device\HarddiskVolume2\x, which Wine does not
// know: it is given \??\Z:\x instead.
static DWORD WINAPI finalPath(HANDLE file, LPWSTR path, DWORD room, DWORD flags) {
  DWORD length = GetFinalPathNameByHandleW(file, path, room, flags & ~VOLUME_NAME_NT);
  if (flags & VOLUME_NAME_NT && length != 0 && length < room) path[1] = L'?';
  return length;
}

static void replace(void **place, void *function) {
  DWORD before;
  VirtualProtect(place, sizeof *place, PAGE_READWRITE, &before);
  *place = function;
  VirtualProtect(place, sizeof *place, before, &before);
}

// Replaces GetFinalPathNameByHandleW where the program imports it.
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  char *base = (char *)GetModuleHandleW(NULL);
  IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
  IMAGE_DATA_DIRECTORY imports =
      headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
  IMAGE_IMPORT_DESCRIPTOR *library = (IMAGE_IMPORT_DESCRIPTOR *)(base + imports.VirtualAddress);
  for (; library->Name != 0; library++) {
    ULONG_PTR *name = (ULONG_PTR *)(base + library->OriginalFirstThunk);
    void **function = (void **)(base + library->FirstThunk);
    for (; *name != 0; name++, function++) {
      if (*name & IMAGE_ORDINAL_FLAG64) continue;
      if (strcmp(base + *name + 2, "GetFinalPathNameByHandleW") == 0) {
        replace(function, finalPath);
      }
    }
  }
  return TRUE;
}
