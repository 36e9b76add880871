//! What the page of the own account says.

use crate::words::Lang;

pub(super) struct Words {
    pub(super) name: &'static str,
    pub(super) tenant: &'static str,
    pub(super) may: &'static str,
    pub(super) password: &'static str,
    pub(super) old_password: &'static str,
    pub(super) new_password: &'static str,
    pub(super) password_rule: &'static str,
    pub(super) password_effect: &'static str,
    pub(super) change_password: &'static str,
    pub(super) sessions: &'static str,
    pub(super) session: &'static str,
    pub(super) this_one: &'static str,
    pub(super) begun: &'static str,
    pub(super) used: &'static str,
    pub(super) ends: &'static str,
    pub(super) what_now: &'static str,
    pub(super) end: &'static str,
    pub(super) end_all: &'static str,
    pub(super) end_all_effect: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    name: "Name",
    tenant: "Tenant",
    may: "Rights",
    password: "Password",
    old_password: "Current password",
    new_password: "New password",
    password_rule: "From 8 characters to 128 bytes.",
    password_effect: "Afterwards you log in again, on every device.",
    change_password: "Change the password",
    sessions: "Where you are logged in",
    session: "Session",
    this_one: "this one",
    begun: "Begun",
    used: "Last used",
    ends: "Ends",
    what_now: "Action",
    end: "End",
    end_all: "End all sessions",
    end_all_effect: "This one too: you log in again.",
};

static ES: Words = Words {
    name: "Nombre",
    tenant: "Inquilino",
    may: "Permisos",
    password: "Contraseña",
    old_password: "Contraseña actual",
    new_password: "Contraseña nueva",
    password_rule: "De 8 caracteres a 128 bytes.",
    password_effect: "Después volverá a entrar, en cada dispositivo.",
    change_password: "Cambiar la contraseña",
    sessions: "Dónde tiene sesión abierta",
    session: "Sesión",
    this_one: "esta",
    begun: "Abierta",
    used: "Último uso",
    ends: "Termina",
    what_now: "Acción",
    end: "Cerrar",
    end_all: "Cerrar todas las sesiones",
    end_all_effect: "También esta: volverá a entrar.",
};
