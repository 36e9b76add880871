//! What the page of gateways says, in every language.

use crate::pieces::figure::so_many;
use crate::words::Lang;

pub(super) struct Words {
    pub(super) about: &'static str,
    pub(super) gateways: &'static str,
    pub(super) no_gateway: &'static str,
    pub(super) gateway: &'static str,
    pub(super) state: &'static str,
    pub(super) serves: &'static str,
    pub(super) is_full: &'static str,
    pub(super) is_leaving: &'static str,
    pub(super) since: &'static str,
    pub(super) sockets: &'static str,
    /// So many, and how many there may be.
    pub(super) of_most: fn(&str, &str) -> String,
    pub(super) people: &'static str,
    pub(super) rooms_count: &'static str,
    pub(super) max_per_user: &'static str,
    pub(super) max_rooms: &'static str,
    pub(super) noted: &'static str,
    pub(super) rooms: &'static str,
    /// With the tenant whose they are.
    pub(super) rooms_of: fn(&str) -> String,
    pub(super) no_room: &'static str,
    pub(super) room: &'static str,
    pub(super) at_gateways: &'static str,
    /// How many people of a tenant are connected.
    pub(super) connected_of: fn(u64, &str) -> String,
    pub(super) user: &'static str,
    pub(super) user_begins: &'static str,
    pub(super) nobody: &'static str,
    pub(super) nobody_fits: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    about: "Each gateway notes who is connected within a second, and its figures every ten. Of one that was killed nothing \
            is left after 30 seconds. Whether somebody was reached is in the inbox, and not here.",
    gateways: "Gateways of the fleet",
    no_gateway: "No gateway runs. Start one by chasqui gateway; chasqui up has one.",
    gateway: "Gateway",
    state: "State",
    serves: "serves",
    is_full: "full",
    is_leaving: "leaving",
    since: "Since",
    sockets: "Sockets",
    of_most: |number, most| format!("{number} of {most}"),
    people: "People",
    rooms_count: "Rooms",
    max_per_user: "Sockets of a person, at most",
    max_rooms: "Rooms of a socket, at most",
    noted: "Noted",
    rooms: "Largest rooms",
    rooms_of: |tenant| {
        format!(
            "Those of {tenant} that are among the 50 largest of their gateway; the room of one person is none of them."
        )
    },
    no_room: "Nobody is in one. Whoever has a role, or joins a topic, comes into its room.",
    room: "Room",
    at_gateways: "At gateways",
    connected_of: |number, tenant| format!("{} of {tenant} connected.", so_many(number, "person", "people")),
    user: "User",
    user_begins: "User, from the beginning",
    nobody: "Nobody is connected. An application connects its users by the web client, or by Socket.IO.",
    nobody_fits: "Nobody whose id begins so is connected.",
};

static ES: Words = Words {
    about: "Cada pasarela anota quién está conectado en menos de un segundo, y sus cifras cada diez. De una que fue matada \
            no queda nada a los 30 segundos. Si alguien fue alcanzado está en la bandeja, y no aquí.",
    gateways: "Pasarelas de la flota",
    no_gateway: "No hay ninguna pasarela. Inicie una con chasqui gateway; chasqui up tiene una.",
    gateway: "Pasarela",
    state: "Estado",
    serves: "atiende",
    is_full: "llena",
    is_leaving: "se despide",
    since: "Desde",
    sockets: "Sockets",
    of_most: |number, most| format!("{number} de {most}"),
    people: "Personas",
    rooms_count: "Salas",
    max_per_user: "Sockets de una persona, máximo",
    max_rooms: "Salas de un socket, máximo",
    noted: "Anotado",
    rooms: "Salas más grandes",
    rooms_of: |tenant| {
        format!("Las de {tenant} que están entre las 50 más grandes de su pasarela; la sala de una persona no cuenta.")
    },
    no_room: "No hay nadie en ninguna. Quien tiene un rol, o se une a un tema, entra en su sala.",
    room: "Sala",
    at_gateways: "En pasarelas",
    connected_of: |number, tenant| {
        format!("{} de {tenant}.", so_many(number, "persona conectada", "personas conectadas"))
    },
    user: "Usuario",
    user_begins: "Usuario, desde el principio",
    nobody: "No hay nadie conectado. Una aplicación conecta a sus usuarios con el cliente web, o por Socket.IO.",
    nobody_fits: "No está conectado nadie cuyo id empiece así.",
};
