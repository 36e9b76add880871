//! What the pages of files say, in every language.

use operations::files::FileStanding;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) about: &'static str,
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing: &'static str,
    pub(super) nothing_yet: &'static str,
    pub(super) file: &'static str,
    pub(super) tenant: &'static str,
    pub(super) files: &'static str,
    /// So much, and how much there may be.
    pub(super) of_most: fn(&str, &str) -> String,
    pub(super) name: &'static str,
    pub(super) object: &'static str,
    pub(super) kind: &'static str,
    pub(super) size: &'static str,
    pub(super) state: &'static str,
    pub(super) scan: &'static str,
    pub(super) by: &'static str,
    pub(super) since: &'static str,
    pub(super) expires: &'static str,
    pub(super) never: &'static str,
    /// In the order of [`FileStanding::ALL`].
    standings: [&'static str; 4],
    pub(super) named_by: &'static str,
    pub(super) delete: &'static str,
    /// With the name of the file.
    pub(super) delete_question: fn(&str) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    /// What it means that a file stands so.
    pub(super) const fn of_standing(&self, standing: FileStanding) -> &'static str {
        let [storing, stored, expired, removing] = self.standings;
        match standing {
            FileStanding::Storing => storing,
            FileStanding::Stored => stored,
            FileStanding::Expired => expired,
            FileStanding::Removing => removing,
        }
    }
}

static EN: Words = Words {
    about: "What is being stored and removed counts too. A file in which the scanner finds something, or that is not what \
            it says, is refused and has no row.",
    nothing_at_all: "No file is stored. POST /v1/files/upload stores one, which messages then name.",
    nothing: "No file fits.",
    nothing_yet: "None of these fits. There are older ones: go on.",
    file: "File",
    tenant: "Tenant",
    files: "Files",
    of_most: |used, most| format!("{used} of {most}"),
    name: "Name",
    object: "Object",
    kind: "Kind",
    size: "Size",
    state: "State",
    scan: "Scan",
    by: "Uploaded by",
    since: "Since",
    expires: "Expires",
    never: "when somebody deletes it",
    standings: [
        "Its bytes are being kept. What nobody has finished within an hour is removed.",
        "It is downloaded and sent.",
        "Its time is over, and nobody downloads it. Messages that are on their way may have it yet, for a day.",
        "Nobody gets it any more, and its bytes are being removed.",
    ],
    named_by: "Which messages name it is not kept: they name it in their bodies, and a worker reads it when it sends.",
    delete: "Delete",
    delete_question: |name| {
        format!(
            "Delete {name}? Nobody downloads it any more, and each message that names it and is not sent yet fails for good."
        )
    },
};

static ES: Words = Words {
    about: "Lo que se está guardando y eliminando cuenta también. Un archivo en el que el antivirus encuentra algo, o que no \
            es lo que dice, se rechaza y no tiene fila.",
    nothing_at_all: "No hay ningún archivo. POST /v1/files/upload guarda uno, que después nombran los mensajes.",
    nothing: "Ningún archivo coincide.",
    nothing_yet: "Ninguno de estos coincide. Hay más antiguos: siga.",
    file: "Archivo",
    tenant: "Inquilino",
    files: "Archivos",
    of_most: |used, most| format!("{used} de {most}"),
    name: "Nombre",
    object: "Objeto",
    kind: "Tipo",
    size: "Tamaño",
    state: "Estado",
    scan: "Análisis",
    by: "Lo subió",
    since: "Desde",
    expires: "Vence",
    never: "cuando alguien lo elimine",
    standings: [
        "Sus bytes se están guardando. Lo que nadie terminó en una hora se elimina.",
        "Se descarga y se envía.",
        "Venció, y nadie lo descarga. Los mensajes en camino lo pueden tener todavía, un día.",
        "Nadie lo recibe más, y sus bytes se están eliminando.",
    ],
    named_by: "Qué mensajes lo nombran no se guarda: lo nombran en sus cuerpos, y un worker lo lee cuando envía.",
    delete: "Eliminar",
    delete_question: |name| {
        format!(
            "¿Eliminar {name}? Nadie lo descarga más, y cada mensaje que lo nombra y todavía no se envió falla definitivamente."
        )
    },
};
