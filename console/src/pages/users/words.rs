//! What the pages of users say.

use operations::accounts::users::Act;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) users: &'static str,
    pub(super) all_users: &'static str,
    pub(super) name: &'static str,
    pub(super) tenant: &'static str,
    pub(super) may: &'static str,
    pub(super) state: &'static str,
    pub(super) active: &'static str,
    pub(super) disabled: &'static str,
    pub(super) created: &'static str,
    pub(super) password: &'static str,
    pub(super) password_changed: &'static str,
    pub(super) password_rule: &'static str,
    pub(super) add: &'static str,
    pub(super) add_submit: &'static str,
    pub(super) role: &'static str,
    pub(super) no_role: &'static str,
    /// What the roles may do.
    pub(super) roles: &'static str,
    pub(super) scope: &'static str,
    pub(super) scope_hint: &'static str,
    /// The same, and what who gets none may do.
    pub(super) usual_scopes: &'static str,
    pub(super) no_rights: &'static str,
    pub(super) own_tenant: &'static str,
    pub(super) change_rights: &'static str,
    pub(super) rights_effect: &'static str,
    pub(super) new_password: &'static str,
    pub(super) set_password: &'static str,
    pub(super) password_effect: &'static str,
    pub(super) more: &'static str,
    /// Disable, enable, log out everywhere, delete.
    verbs: [&'static str; 4],
    /// What each of them asks of a user.
    questions: [fn(&str) -> String; 4],
    pub(super) taken: &'static str,
    pub(super) wrong_password: &'static str,
    pub(super) not_done: &'static str,
    pub(super) not_done_detail: &'static str,
    pub(super) last_of_all: &'static str,
    pub(super) last_of_tenant: &'static str,
    pub(super) too_many_keys: &'static str,
    pub(super) not_hashed: &'static str,
    pub(super) wait: fn(u64) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    pub(super) fn verb(&self, act: Act) -> &'static str {
        self.verbs[place(act)]
    }

    pub(super) fn question(&self, act: Act, name: &str) -> String {
        (self.questions[place(act)])(name)
    }
}

const fn place(act: Act) -> usize {
    match act {
        Act::Disable => 0,
        Act::Enable => 1,
        Act::Revoke => 2,
        Act::Delete => 3,
    }
}

static EN: Words = Words {
    users: "Users",
    all_users: "All users",
    name: "Name",
    tenant: "Tenant",
    may: "Rights",
    state: "State",
    active: "active",
    disabled: "disabled",
    created: "Since",
    password: "Password",
    password_changed: "New password",
    password_rule: "From 8 characters to 128 bytes.",
    add: "Add a user",
    add_submit: "Add",
    role: "Role",
    no_role: "scopes, below",
    roles: "A viewer sees everything of the tenant; an operator works as well; an admin manages users and keys as well.",
    scope: "Scopes",
    scope_hint: "Of notify, read, operate, admin, tenants and inbox, with spaces between. Left empty where a role is chosen.",
    usual_scopes: "Of notify, read, operate, admin, tenants and inbox, with spaces between. Without a role or scopes: notify read.",
    no_rights: "is empty: choose a role, or give scopes",
    own_tenant: "Left empty: your own.",
    change_rights: "Change rights",
    rights_effect: "Tokens that the user has end within five seconds. Their sessions go on with the new rights.",
    new_password: "New password",
    set_password: "Set the password",
    password_effect: "Everybody who had the old one logs in again. Tell the user the new one by another way.",
    more: "More",
    verbs: ["Disable", "Enable", "Log out everywhere", "Delete"],
    questions: [
        |name| {
            format!("Disable {name}? They cannot log in; their sessions and tokens end. Keys that they have made stay.")
        },
        |name| format!("Enable {name}? They may log in again. Tokens that they had stay refused."),
        |name| {
            format!(
                "Log {name} out everywhere? Their sessions end, and their tokens within 5 s. They may log in again."
            )
        },
        |name| format!("Delete {name}? This cannot be undone. Sessions and tokens end; keys that they have made stay."),
    ],
    taken: "is the name of another user: names are unique over all tenants",
    wrong_password: "is not the password that you have now",
    not_done: "Nothing was done",
    not_done_detail: "This is beyond what you may give or change:",
    last_of_all: "It is the last user who can log in and manages the users of every tenant. Make another one first.",
    last_of_tenant: "It is the last user of its tenant who can log in and manages its users. Make another one first.",
    too_many_keys: "The tenant has as many keys in force as it may have. Revoke one that nobody uses.",
    not_hashed: "The password could not be hashed. Try again, and tell the operator.",
    wait: |seconds| format!("Too many attempts have failed, or too many come at once. Try again in {seconds} s."),
};

static ES: Words = Words {
    users: "Usuarios",
    all_users: "Todos los usuarios",
    name: "Nombre",
    tenant: "Inquilino",
    may: "Permisos",
    state: "Estado",
    active: "activo",
    disabled: "desactivado",
    created: "Desde",
    password: "Contraseña",
    password_changed: "Contraseña nueva",
    password_rule: "De 8 caracteres a 128 bytes.",
    add: "Añadir un usuario",
    add_submit: "Añadir",
    role: "Rol",
    no_role: "permisos sueltos, abajo",
    roles: "Un viewer ve todo lo del inquilino; un operator además trabaja; un admin además administra usuarios y claves.",
    scope: "Permisos sueltos",
    scope_hint: "De notify, read, operate, admin, tenants e inbox, separados por espacios. Vacío si se elige un rol.",
    usual_scopes: "De notify, read, operate, admin, tenants e inbox, separados por espacios. Sin rol ni permisos: notify read.",
    no_rights: "está vacío: elija un rol o escriba permisos",
    own_tenant: "Vacío: el propio.",
    change_rights: "Cambiar permisos",
    rights_effect: "Los tokens del usuario terminan en cinco segundos. Sus sesiones siguen con los permisos nuevos.",
    new_password: "Contraseña nueva",
    set_password: "Poner la contraseña",
    password_effect: "Quien tenía la anterior vuelve a entrar. Comunique la nueva al usuario por otra vía.",
    more: "Más",
    verbs: ["Desactivar", "Activar", "Cerrar todas sus sesiones", "Eliminar"],
    questions: [
        |name| format!("¿Desactivar a {name}? No podrá entrar; sus sesiones y tokens terminan. Sus claves quedan."),
        |name| format!("¿Activar a {name}? Podrá entrar de nuevo. Los tokens que tenía siguen rechazados."),
        |name| format!("¿Cerrar todas las sesiones de {name}? Sus tokens terminan en 5 s. Podrá entrar de nuevo."),
        |name| format!("¿Eliminar a {name}? No se puede deshacer. Sesiones y tokens terminan; sus claves quedan."),
    ],
    taken: "es el nombre de otro usuario: los nombres son únicos entre todos los inquilinos",
    wrong_password: "no es la contraseña que tiene ahora",
    not_done: "No se hizo nada",
    not_done_detail: "Esto supera lo que usted puede dar o cambiar:",
    last_of_all: "Es el último usuario que puede entrar y administra los de todos los inquilinos. Cree otro antes.",
    last_of_tenant: "Es el último usuario de su inquilino que puede entrar y administra los suyos. Cree otro antes.",
    too_many_keys: "El inquilino ya tiene todas las claves vigentes que puede tener. Revoque una que nadie use.",
    not_hashed: "No se pudo procesar la contraseña. Inténtelo de nuevo y avise al operador.",
    wait: |seconds| format!("Demasiados intentos fallidos, o demasiados a la vez. Inténtelo de nuevo en {seconds} s."),
};
